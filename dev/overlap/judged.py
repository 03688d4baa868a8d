"""The judged pairs and the efforts that they are about."""

from __future__ import annotations

import json
from pathlib import Path

from cesai.catalogue.efforts import efforts_of
from cesai.catalogue.reading import SHIPPED, read_records
from dev.overlap.fit import Judged
from registry.overlap import Effort

PAIRS = Path(__file__).with_name("judged.json")


def judged_pairs() -> list[Judged]:
    """Pairs of public models with a judge's grade, 0 to 3."""
    rows = json.loads(PAIRS.read_text())
    return [Judged(row["a"], row["b"], row["grade"], row["is_lineage"]) for row in rows]


def judged_reasons() -> dict[tuple[str, str], str]:
    """Why the judge graded a pair so."""
    return {(row["a"], row["b"]): row["reason"] for row in json.loads(PAIRS.read_text())}


def public_efforts() -> dict[str, Effort]:
    """The models of the shipped catalogue, by name."""
    return efforts_of(read_records(SHIPPED["models"]))

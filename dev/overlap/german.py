"""Descriptions of the judged models in German, to compare across languages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from registry.overlap import Effort

TEXTS = Path(__file__).with_name("german.json")


def german_efforts(efforts: Mapping[str, Effort]) -> dict[str, Effort]:
    """The efforts whose description was translated, with the translation."""
    texts: dict[str, str] = json.loads(TEXTS.read_text(encoding="utf-8"))
    return {name: replace(efforts[name], words=text) for name, text in texts.items()}

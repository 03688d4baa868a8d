"""`score_overlap`: score pairs among the models of a file, one JSON line a pair."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cesai.catalogue.efforts import efforts_of
from cesai.catalogue.reading import read_records, text
from projects.errors import Refused
from registry.overlap import Effort, assess
from registry.overlap.explain import reason


class Command(BaseCommand):
    help = "Score pairs of models of a file, without touching the database."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """The models in the shape of the catalogue, and the pairs as [{"a": name, "b": name}]."""
        parser.add_argument("--models", type=Path, required=True)
        parser.add_argument("--pairs", type=Path, required=True)

    def handle(self, **options: Any) -> None:
        """Print one line a pair, in the order of the file."""
        try:
            efforts = efforts_of(read_records(options["models"]))
            pairs = [(text(row, "a"), text(row, "b")) for row in read_records(options["pairs"])]
        except Refused as refusal:
            raise CommandError(str(refusal.detail)) from refusal
        missing = sorted({name for pair in pairs for name in pair} - set(efforts))
        if missing:
            raise CommandError(f"No model of the file is named {', '.join(missing[:5])}.")
        for a, b in pairs:
            self.stdout.write(json.dumps(_line(efforts[a], efforts[b]), ensure_ascii=False))


def _line(a: Effort, b: Effort) -> dict[str, Any]:
    found = assess(a, b)
    return {
        "a": a.name,
        "b": b.name,
        "probability": round(found.probability, 6),
        "class": found.kind.value,
        "reasons": [
            {"feature": p.feature, "points": round(p.points, 2), "text": reason(p, a, b).en}
            for p in found.parts
            if p.points
        ],
    }

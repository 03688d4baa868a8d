"""The reasons of a pair as bars to the left and right of nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language

from registry.overlap.explain import TITLES

WIDTH, MIDDLE = 200.0, 100.0
SHOWN = 8
LEAST = 1.5  # what is there must be seen


@dataclass(frozen=True, slots=True)
class Bar:
    """One feature: its points in natural log-odds, in words, and where its bar lies."""

    title: str
    text: str
    points: float
    x: str
    width: str
    tone: str


def bars_of(reasons: Iterable[Mapping[str, Any]], most: int = SHOWN) -> list[Bar]:
    """The weightiest reasons, what speaks for redundancy to the right."""
    rows = list(reasons)[:most]
    widest = max((abs(row["points"]) for row in rows), default=1.0) or 1.0
    language = "de" if (get_language() or "en").startswith("de") else "en"
    return [_bar(row, widest, language) for row in rows]


def _bar(row: Mapping[str, Any], widest: float, language: str) -> Bar:
    points = row["points"]
    width = max(abs(points) / widest * MIDDLE, LEAST)
    return Bar(
        title=TITLES[row["feature"]].of(language),
        text=row[language],
        points=points,
        x=f"{MIDDLE if points > 0 else MIDDLE - width:.1f}",
        width=f"{width:.1f}",
        tone="for" if points > 0 else "against",
    )

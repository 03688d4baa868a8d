"""Bars of years over one axis with today in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

WIDTH = 400.0
LEAST = 4.0


@dataclass(frozen=True, slots=True)
class Span:
    """What lasts from a day to before another; None: as long as the axis is."""

    of: Any
    start: date | None
    end: date | None
    is_part: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """A span with its place on the axis."""

    span: Span
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Axis:
    """Whole years; `years` are where each begins, `today_x` is where today lies."""

    bars: list[Bar]
    today_x: str
    years: list[tuple[int, str]]


def axis_of(spans: Iterable[Span], today: date) -> Axis:
    """Whole years around all spans and today."""
    rows = list(spans)
    days = [today, *(day for span in rows for day in (span.start, span.end) if day)]
    first = date(min(days).year, 1, 1)
    last = date((max(days) - timedelta(1)).year + 1, 1, 1)
    last = max(last, date(today.year + 1, 1, 1))

    def at(day: date) -> float:
        return (day - first).days / (last - first).days * WIDTH

    bars = []
    for span in rows:
        x = at(span.start or first)
        width = max(at(span.end or last) - x, LEAST)
        bars.append(Bar(span, f"{x:.1f}", f"{width:.1f}"))
    years = [(year, f"{at(date(year, 1, 1)):.1f}") for year in range(first.year, last.year)]
    return Axis(bars, f"{at(today):.1f}", years)

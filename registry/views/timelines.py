"""When efforts run, as bars over one axis with today in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from registry.models import Model

WIDTH = 400.0
MARGIN = timedelta(days=60)
LEAST = 3.0


@dataclass(frozen=True, slots=True)
class TimeLine:
    """One effort's window on the axis, and the days it begins and ends."""

    model: Model
    begin: date
    end: date
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class TimeLines:
    """Bars over one axis; `today_x` is where today lies. Empty where no window is known."""

    rows: list[TimeLine]
    today_x: str
    years: list[tuple[int, str]]


def time_lines(models: Iterable[Model], today: date) -> TimeLines:
    """The windows of efforts, or the days on which they were released."""
    known = [(model, *window) for model in models if (window := _window(model))]
    if not known:
        return TimeLines([], "0", [])
    first = min([today, *(begin for _model, begin, _end in known)]) - MARGIN
    last = max([today, *(end for _model, _begin, end in known)]) + MARGIN

    def at(day: date) -> float:
        return (day - first).days / (last - first).days * WIDTH

    rows = [
        TimeLine(model, begin, end, f"{at(begin):.1f}", f"{max(at(end) - at(begin), LEAST):.1f}")
        for model, begin, end in known
    ]
    years = [
        (year, f"{at(date(year, 1, 1)):.1f}") for year in range(first.year + 1, last.year + 1)
    ]
    return TimeLines(rows, f"{at(today):.1f}", years)


def _window(model: Model) -> tuple[date, date] | None:
    begin = model.window_start or model.released_on
    return (begin, model.window_end or begin) if begin else None

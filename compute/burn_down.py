"""What an allocation had left at each month's end, and has if it goes on as it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from compute.quota import months_in, next_month

LONGEST = 60  # months; a longer window shows its last ones


@dataclass(frozen=True, slots=True)
class Point:
    """The end of one month: GPU-seconds left, and what an even pace would have left.

    `left` is None for a month to come at a pace that nobody knows yet.
    """

    month: date
    left: int | None
    even: int
    is_ahead: bool


def burn_down(
    *,
    granted: int,
    start: date,
    end: date,
    used: Mapping[date, int],
    today: date,
    a_day: float | None,
) -> list[Point]:
    """One point for each month of [start, end); this month's is as of today.

    `a_day` are GPU-seconds a day from now on. Use before the window's first month counts in it.
    """
    whole = (end - start).days
    points = []
    left = granted - sum(amount for month, amount in used.items() if month < start.replace(day=1))
    now: int | None = None
    for month in list(months_in(start, end))[:LONGEST]:
        last = min(next_month(month), end)
        even = granted - granted * (last - start).days // whole
        is_ahead = month > today
        left -= used.get(month, 0)
        if is_ahead:
            base = left if now is None else now
            gone = None if a_day is None else int(a_day * (last - max(today, start)).days)
            points.append(Point(month, None if gone is None else max(base - gone, 0), even, True))
        else:
            now = left
            points.append(Point(month, left, even, False))
    return points

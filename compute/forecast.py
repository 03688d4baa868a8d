"""How long what is left of an allocation lasts, at the pace of the last weeks. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from compute.quota import month_of

LEAST_DAYS = 7  # of use, before a pace is worth anything


@dataclass(frozen=True, slots=True)
class Forecast:
    """What follows if use goes on as in this month and the one before."""

    a_day: float  # GPU-seconds
    exhausted_on: date | None  # if that is before the window ends
    unspent: int  # GPU-seconds that would lapse at the window's end


def forecast(
    *, left: int, start: date, end: date, today: date, used: Mapping[date, int]
) -> Forecast | None:
    """The forecast for `left` GPU-seconds in the window [start, end); None if it is too early.

    `used` are GPU-seconds by month. Linear: no season, no plan of the group is known.
    """
    since = max(_month_before(today), start)
    days = (today - since).days
    if not start <= today < end or days < LEAST_DAYS:
        return None
    recent = sum(amount for month, amount in used.items() if month >= month_of(since))
    a_day = recent / days
    to_go = (end - today).days
    if left <= 0:
        return Forecast(a_day, today, 0)
    if a_day * to_go > left:
        return Forecast(a_day, today + timedelta(int(left / a_day)), 0)
    return Forecast(a_day, None, round(left - a_day * to_go))


def _month_before(day: date) -> date:
    return month_of(month_of(day) - timedelta(1))

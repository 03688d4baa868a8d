"""Arithmetic of GPU-hours: units, months and what a job reserves. Whole GPU-seconds throughout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from functools import lru_cache

SECONDS_PER_HOUR = 3600
MAX_GPU_SECONDS = 10**15  # a million GPUs for thirty years; above it somebody mistyped


class BadAmount(ValueError):
    """Not an amount of GPU-hours that can be booked."""


def gpu_seconds(gpu_hours: Decimal | str | int | float) -> int:
    """GPU-hours (≤ 4 decimals) as whole GPU-seconds, rounded half-even. Raises BadAmount."""
    try:
        hours = Decimal(str(gpu_hours))
    except InvalidOperation as error:
        raise BadAmount(str(gpu_hours)) from error
    if not hours.is_finite() or not 0 < hours <= MAX_GPU_SECONDS / SECONDS_PER_HOUR:
        raise BadAmount(str(gpu_hours))
    if hours != round(hours, 4):
        raise BadAmount(str(gpu_hours))
    seconds = int((hours * SECONDS_PER_HOUR).to_integral_value(ROUND_HALF_EVEN))
    if seconds < 1:
        raise BadAmount(str(gpu_hours))
    return seconds


def gpu_hours(seconds: int) -> Decimal:
    """GPU-seconds as GPU-hours with at most four decimals, for people and answers."""
    hours = (Decimal(seconds) / SECONDS_PER_HOUR).quantize(Decimal("0.0001"), ROUND_HALF_EVEN)
    return hours.normalize() if hours != hours.to_integral_value() else hours.quantize(Decimal(1))


def gpu_minutes(seconds: int) -> int:
    """GPU-seconds as GPU-minutes rounded up, Slurm's unit for GrpTRESMins."""
    return -(-seconds // 60)


def reservation(*, gpus: int, minutes: int) -> int:
    """GPU-seconds that a job may use at most."""
    return gpus * minutes * 60


def month_of(day: date) -> date:
    """The first day of the day's month."""
    return day.replace(day=1)


def next_month(month: date) -> date:
    """The first day of the month after."""
    return month_of(month.replace(day=28) + timedelta(days=4))


def months_in(start: date, end: date) -> Iterator[date]:
    """The months that [start, end) touches."""
    month = month_of(start)
    while month < end:
        yield month
        month = next_month(month)


def spread(amount: int, start: date, end: date) -> dict[date, int]:
    """An amount over the months of [start, end) by days, largest remainder; the sum is exact.

    Months that come out empty are left out. Ties go to the earlier month.
    """
    days = _days_by_month(start, end)
    total = sum(count for _month, count in days)
    if total <= 0:
        raise ValueError("an empty window holds nothing")
    shares = {month: divmod(amount * count, total) for month, count in days}
    result = {month: whole for month, (whole, _rest) in shares.items()}
    left = amount - sum(result.values())
    by_rest = sorted(shares, key=lambda month: (-shares[month][1], month))
    for month in by_rest[:left]:
        result[month] += 1
    return {month: value for month, value in result.items() if value}


@lru_cache(maxsize=1024)
def _days_by_month(start: date, end: date) -> tuple[tuple[date, int], ...]:
    """How many days of the window lie in which month; many allocations share a window."""
    return tuple(
        (month, (min(end, next_month(month)) - max(start, month)).days)
        for month in months_in(start, end)
    )


def longest_minutes(*, available: int, gpus: int) -> int:
    """How long a job with so many GPUs may run at most on what is left, in whole minutes."""
    return max(available, 0) // (60 * gpus)


def parse_months(months: Mapping[str, int]) -> dict[date, int]:
    """{"2027-01": GPU-seconds} with dates as keys. Raises ValueError for another spelling."""
    return {date.fromisoformat(f"{month}-01"): amount for month, amount in months.items()}

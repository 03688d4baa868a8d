"""Capacity per month for pages: what is offered, granted, and what a request would add."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from uuid import UUID

from django.db.models import QuerySet, Sum

from compute.drawing import Drawing, Month
from compute.models import CapacityMonth, Pool, RequestLine
from compute.quota import month_of, months_in, next_month, spread


def this_month(now: datetime) -> date:
    """The first day of the month, UTC, in which `now` lies."""
    return month_of(now.astimezone(UTC).date())


def later(month: date, count: int) -> date:
    """The first day of the month `count` months later."""
    total = month.year * 12 + month.month - 1 + count
    return date(total // 12, total % 12 + 1, 1)


def capacity_drawing(rows: QuerySet[CapacityMonth], start: date, end: date) -> Drawing:
    """The sum over pools in each month of [start, end); months without any row are left out."""
    sums = (
        rows.filter(month__gte=start, month__lt=end)
        .order_by()
        .values_list("month")
        .annotate(Sum("offered"), Sum("granted"), Sum("reserved"))
        .order_by("month")
    )
    return Drawing(
        [Month(month, offered, granted, kept=kept) for month, offered, granted, kept in sums]
    )


def line_drawings(lines: Iterable[RequestLine], now: datetime) -> list[tuple[Pool, Drawing]]:
    """For each pool that undecided lines name: capacity per month before and after them."""
    asked: dict[Pool, dict[date, int]] = {}
    for line in lines:
        start = max(line.start, now.astimezone(UTC).date())
        if start < line.end:
            months = asked.setdefault(line.pool, {})
            for month, amount in spread(line.gpu_seconds, start, line.end).items():
                months[month] = months.get(month, 0) + amount
    rows = CapacityMonth.objects.filter(pool__in=asked)
    known = {(row.pool_id, row.month): row for row in rows}
    return [(pool, Drawing(_around(pool, months, known))) for pool, months in asked.items()]


def _around(
    pool: Pool, asked: Mapping[date, int], known: Mapping[tuple[UUID, date], CapacityMonth]
) -> list[Month]:
    first, last = min(asked), max(asked)
    result = []
    for month in months_in(first, next_month(last)):
        row = known.get((pool.pk, month))
        offered, granted, kept = (row.offered, row.granted, row.reserved) if row else (0, 0, 0)
        result.append(Month(month, offered, granted, asked.get(month, 0), kept))
    return result

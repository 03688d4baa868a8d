"""The months of pools as the pages of capacity show them: by pool, by year and added up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.db.models import QuerySet, Sum

from compute.drawing import Month
from compute.models import Allocation, CapacityMonth, MonthlyUse, Pool, Request, RequestLine
from compute.quota import months_in, spread
from projects.pages import SignedIn

Asked = Mapping[UUID, Mapping[date, int]]  # GPU-seconds by pool and month


@dataclass
class Year:
    """The months of one calendar year of a pool, added up."""

    year: int
    offered: int = 0
    granted: int = 0
    kept: int = 0

    @property
    def free(self) -> int:
        return self.offered - self.granted - self.kept


@dataclass
class Row:
    """One pool of the table."""

    pool: Pool
    months: dict[date, Month] = field(default_factory=dict)

    def years(self) -> list[Year]:
        """From this year on, as they were given."""
        found: dict[int, Year] = {}
        for month in self.months.values():
            year = found.setdefault(month.month.year, Year(month.month.year))
            for name in ("offered", "granted", "kept"):
                setattr(year, name, getattr(year, name) + getattr(month, name))
        return [found[year] for year in sorted(found)]


def rows_of(
    request: SignedIn, pools: QuerySet[Pool], start: date, end: date, extra: Asked
) -> list[Row]:
    """Every month of [start, end) of each pool; asked are the requests that one may see."""
    offered = {
        (row.pool_id, row.month): row
        for row in CapacityMonth.objects.filter(pool__in=pools, month__gte=start, month__lt=end)
    }
    used = _used(pools, start, end)
    asked = _asked(request, pools, start)
    rows = [Row(pool) for pool in pools]
    months = list(months_in(start, end))
    for row in rows:
        key = row.pool.pk
        for month in months:
            known = offered.get((key, month))
            row.months[month] = Month(
                month=month,
                offered=known.offered if known else 0,
                granted=known.granted if known else 0,
                kept=known.reserved if known else 0,
                used=used.get((key, month), 0),
                asked=asked[key].get(month, 0) + extra.get(key, {}).get(month, 0),
            )
    return rows


def _used(pools: QuerySet[Pool], start: date, end: date) -> dict[tuple[UUID, date], int]:
    own = MonthlyUse.objects.filter(
        allocation__pool__in=pools,
        allocation__origin=Allocation.Origin.OWN_POOL,  # other boards' hours are not of the offer
        month__gte=start,
        month__lt=end,
    )
    sums = own.order_by().values_list("allocation__pool", "month").annotate(n=Sum("gpu_seconds"))
    return {(pool, month): amount for pool, month, amount in sums}


def _asked(
    request: SignedIn, pools: QuerySet[Pool], start: date
) -> defaultdict[UUID, dict[date, int]]:
    undecided = Request.objects.visible_to(request.user).undecided()
    lines = RequestLine.objects.filter(request__in=undecided, pool__in=pools, end__gt=start)
    windows = lines.order_by().values_list("pool", "start", "end").annotate(n=Sum("gpu_seconds"))
    found: defaultdict[UUID, dict[date, int]] = defaultdict(dict)
    for pool, first, end, amount in windows:
        add_spread(found[pool], amount, max(first, start), end)
    return found


def add_spread(months: dict[date, int], amount: int, start: date, end: date) -> None:
    for month, part in spread(amount, start, end).items():
        months[month] = months.get(month, 0) + part


def sum_of(rows: Iterable[Row]) -> list[Month]:
    totals: dict[date, list[int]] = {}
    for row in rows:
        for month in row.months.values():
            total = totals.setdefault(month.month, [0] * 5)
            parts = (month.offered, month.granted, month.asked, month.kept, month.used)
            totals[month.month] = [a + b for a, b in zip(total, parts, strict=True)]
    return [Month(month, *totals[month]) for month in sorted(totals)]

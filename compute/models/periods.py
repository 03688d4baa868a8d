"""What allocations were granted and used in a period, as it was known at a cut-off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet, Sum

from compute.models.allocations import Allocation, Balance
from compute.models.ledger import LedgerEntry
from compute.models.monthly import BY_MONTH, MonthlyUse
from compute.quota import spread

Kind = LedgerEntry.Kind
Months = dict[date, int]


@dataclass(frozen=True, slots=True)
class Line:
    """One allocation in a period; all amounts in GPU-seconds.

    `granted` is its whole amount and `share` the part of the period, spread over its window by
    days; `used` is by month; `used_ever` are all its uses since it began, corrections included;
    `lapsed` and `given_back` were booked in the period.
    """

    allocation: Allocation
    granted: int
    share: int
    used: Months
    jobs: int
    used_ever: int
    lapsed: int
    given_back: int

    @property
    def used_in_all(self) -> int:
        """Used in the period."""
        return sum(self.used.values())

    @property
    def left(self) -> int:
        """Neither used nor lapsed nor given back in the period; below zero if overdrawn."""
        return self.granted - self.used_ever - self.lapsed - self.given_back

    @property
    def energy_wh(self) -> int | None:
        """What the GPUs drew while they were in use; None if their draw is not known."""
        watts = self.allocation.pool.gpu_watts
        return None if watts is None else self.used_in_all * watts // 3600

    @property
    def h100_seconds(self) -> int | None:
        """Use in seconds of an H100; None if the pool's weight is not known."""
        weight = self.allocation.pool.h100_weight
        return None if weight is None else int(self.used_in_all * weight)


def lines_of(
    allocations: QuerySet[Allocation],
    start: date,
    end: date,
    *,
    known_until: datetime | None = None,
) -> list[Line]:
    """A line for each allocation whose window touches [start, end), first days of months, UTC.

    What was booked after `known_until` is left out; None: nothing is.
    """
    rows = allocations.filter(start__lt=end, end__gt=start)
    if known_until:
        rows = rows.filter(created_at__lte=known_until)
    # Each project, partner and pool is made once, however many allocations it has.
    found = list(
        rows.prefetch_related(
            "project__lead_group__partner", "project__initiative__parent", "pool__cluster"
        )
    )
    keys = [allocation.pk for allocation in found]
    booked = _booked(keys, start, end, known_until)
    used, jobs = _used(keys, start, end, known_until)
    ever = _used_ever(keys, known_until)
    return [
        Line(
            allocation=allocation,
            granted=booked.get((allocation.pk, Kind.GRANT), 0),
            share=_share(allocation, booked.get((allocation.pk, Kind.GRANT), 0), start, end),
            used=used.get(allocation.pk, {}),
            jobs=jobs.get(allocation.pk, 0),
            used_ever=ever.get(allocation.pk, 0),
            lapsed=booked.get((allocation.pk, Kind.EXPIRE), 0),
            given_back=booked.get((allocation.pk, Kind.RETURN), 0),
        )
        for allocation in found
    ]


def _share(allocation: Allocation, granted: int, start: date, end: date) -> int:
    if start <= allocation.start and allocation.end <= end:
        return granted
    parts = spread(granted, allocation.start, allocation.end)
    return sum(amount for month, amount in parts.items() if start <= month < end)


def _booked(
    keys: list[UUID], start: date, end: date, known_until: datetime | None
) -> dict[tuple[UUID, str], int]:
    """What was granted ever, and lapsed and given back in the period."""
    rows = LedgerEntry.objects.filter(allocation__in=keys, kind__in=LedgerEntry.DECIDED)
    first, last = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (start, end))
    rows = rows.filter(Q(kind=Kind.GRANT) | Q(at__gte=first, at__lt=last))
    if known_until:
        rows = rows.filter(at__lte=known_until)
    sums = rows.order_by().values_list("allocation", "kind").annotate(n=Sum("gpu_seconds"))
    return {(allocation, kind): amount for allocation, kind, amount in sums}


def _used(
    keys: list[UUID], start: date, end: date, known_until: datetime | None
) -> tuple[dict[UUID, Months], dict[UUID, int]]:
    if known_until:
        rows: Iterable[tuple[UUID, date, int, int]] = _worked_out(keys, known_until)
    else:
        kept = MonthlyUse.objects.filter(allocation__in=keys, month__gte=start, month__lt=end)
        rows = kept.values_list("allocation", "month", "gpu_seconds", "jobs")
    used: dict[UUID, Months] = {}
    jobs: dict[UUID, int] = {}
    for allocation, month, amount, ended in rows:
        if start <= month < end:
            used.setdefault(allocation, {})[month] = amount
            jobs[allocation] = jobs.get(allocation, 0) + ended
    return used, jobs


def _worked_out(keys: list[UUID], known_until: datetime) -> list[tuple[UUID, date, int, int]]:
    """Use by month of the records that were known then: slower than what is rolled up."""
    with connection.cursor() as cursor:
        cursor.execute(BY_MONTH + " ORDER BY 1, 2", [keys, known_until])
        return [(row[0], row[1], int(row[2]), int(row[3])) for row in cursor.fetchall()]


def _used_ever(keys: list[UUID], known_until: datetime | None) -> dict[UUID, int]:
    if known_until is None:
        return dict(Balance.objects.filter(allocation__in=keys).values_list("allocation", "used"))
    into = Sum("gpu_seconds", filter=Q(credit=LedgerEntry.Account.USED), default=0)
    out = Sum("gpu_seconds", filter=Q(debit=LedgerEntry.Account.USED), default=0)
    rows = LedgerEntry.objects.filter(allocation__in=keys, at__lte=known_until)
    return {
        allocation: into - out
        for allocation, into, out in rows.order_by()
        .values_list("allocation")
        .annotate(into=into, out=out)
    }

"""What allocations were granted and used in a period, as it was known at a cut-off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Prefetch, Q, QuerySet, Sum

from compute.models.allocations import Allocation, Balance
from compute.models.ledger import LedgerEntry
from compute.models.monthly import BY_MONTH, MonthlyUse
from compute.quota import spread
from projects.models import Project

Kind = LedgerEntry.Kind
Uses = dict[UUID, tuple[int, int]]  # GPU-seconds and jobs
Keys = QuerySet[Allocation, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One allocation in a period; all amounts in GPU-seconds.

    `granted` is its whole amount and `share` the part of the period, spread over its window by
    days; `used` is of the period's months; `used_ever` are all its uses since it began,
    corrections included; `lapsed` and `given_back` were booked in the period.
    """

    allocation: Allocation
    granted: int
    share: int
    used: int
    jobs: int
    used_ever: int
    lapsed: int
    given_back: int

    @property
    def left(self) -> int:
        """Neither used nor lapsed nor given back in the period; below zero if overdrawn."""
        return self.granted - self.used_ever - self.lapsed - self.given_back

    @property
    def energy_wh(self) -> int | None:
        """What the GPUs drew while they were in use; None if their draw is not known."""
        watts = self.allocation.pool.gpu_watts
        return None if watts is None else self.used * watts // 3600

    @property
    def h100_seconds(self) -> int | None:
        """Use in seconds of an H100; None if the pool's weight is not known."""
        weight = self.allocation.pool.h100_weight
        return None if weight is None else int(self.used * weight)


@dataclass(frozen=True, slots=True)
class Period:
    """A line for each allocation, and the use of them all by cluster and month, in GPU-seconds."""

    lines: list[Line]
    used: dict[tuple[UUID, date], int]


def period_of(
    allocations: QuerySet[Allocation],
    start: date,
    end: date,
    *,
    known_until: datetime | None = None,
) -> Period:
    """The allocations whose window touches [start, end), first days of months, UTC.

    What was booked after `known_until` is left out; None: nothing is.
    """
    rows = allocations.filter(start__lt=end, end__gt=start)
    if known_until:
        rows = rows.filter(created_at__lte=known_until)
    # Each project, partner and pool is made once, however many allocations it has.
    projects = Project.objects.defer("abstract").prefetch_related(
        "lead_group__partner", "initiative__parent"
    )
    found = list(rows.prefetch_related(Prefetch("project", projects), "pool__cluster"))
    keys = rows.order_by().values("pk")  # thousands of keys are told faster by what they are of
    booked = _booked(keys, start, end, known_until)
    if known_until:
        used, by_month = _worked_out(found, start, end, known_until)
    else:
        used, by_month = _kept(keys, start, end)
    ever = _used_ever(keys, known_until)
    lines = []
    for allocation in found:
        granted = booked.get((allocation.pk, Kind.GRANT), 0)
        amount, jobs = used.get(allocation.pk, (0, 0))
        line = Line(
            allocation=allocation,
            granted=granted,
            share=_share(allocation, granted, start, end),
            used=amount,
            jobs=jobs,
            used_ever=ever.get(allocation.pk, 0),
            lapsed=booked.get((allocation.pk, Kind.EXPIRE), 0),
            given_back=booked.get((allocation.pk, Kind.RETURN), 0),
        )
        lines.append(line)
    return Period(lines, by_month)


def _share(allocation: Allocation, granted: int, start: date, end: date) -> int:
    if start <= allocation.start and allocation.end <= end:
        return granted
    parts = spread(granted, allocation.start, allocation.end)
    return sum(amount for month, amount in parts.items() if start <= month < end)


def _booked(
    keys: Keys, start: date, end: date, known_until: datetime | None
) -> dict[tuple[UUID, str], int]:
    """What was granted ever, and lapsed and given back in the period."""
    rows = LedgerEntry.objects.filter(allocation__in=keys, kind__in=LedgerEntry.DECIDED)
    first, last = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (start, end))
    rows = rows.filter(Q(kind=Kind.GRANT) | Q(at__gte=first, at__lt=last))
    if known_until:
        rows = rows.filter(at__lte=known_until)
    sums = rows.order_by().values_list("allocation", "kind").annotate(n=Sum("gpu_seconds"))
    return {(allocation, kind): amount for allocation, kind, amount in sums}


def _kept(keys: Keys, start: date, end: date) -> tuple[Uses, dict[tuple[UUID, date], int]]:
    """GPU-seconds and jobs by allocation, and GPU-seconds by cluster and month: rolled up."""
    rows = MonthlyUse.objects.filter(allocation__in=keys, month__gte=start, month__lt=end)
    sums = rows.values_list("allocation").annotate(n=Sum("gpu_seconds"), ended=Sum("jobs"))
    months = rows.values_list("allocation__pool__cluster", "month").annotate(n=Sum("gpu_seconds"))
    used = {allocation: (int(amount), int(jobs)) for allocation, amount, jobs in sums.order_by()}
    return used, {(cluster, month): int(n) for cluster, month, n in months.order_by()}


def _worked_out(
    found: Sequence[Allocation], start: date, end: date, known_until: datetime
) -> tuple[Uses, dict[tuple[UUID, date], int]]:
    """The same, of the records that were known then: slower than what is rolled up."""
    clusters = {allocation.pk: allocation.pool.cluster_id for allocation in found}
    with connection.cursor() as cursor:
        cursor.execute(BY_MONTH + " ORDER BY 1, 2", [list(clusters), known_until])
        rows = cursor.fetchall()
    used: Uses = {}
    by_month: dict[tuple[UUID, date], int] = {}
    for allocation, month, amount, jobs in rows:
        if start <= month < end:
            before, ended = used.get(allocation, (0, 0))
            used[allocation] = before + int(amount), ended + int(jobs)
            key = clusters[allocation], month
            by_month[key] = by_month.get(key, 0) + int(amount)
    return used, by_month


def _used_ever(keys: Keys, known_until: datetime | None) -> dict[UUID, int]:
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

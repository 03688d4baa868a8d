"""A cluster's whole accounting against what is booked, once a week: differences are listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

import structlog
from django.db import transaction
from django.db.models import Q

from compute.models import (
    AccountingCursor,
    AccountingDifference,
    Allocation,
    Cluster,
    LedgerEntry,
    UsageRecord,
)
from compute.quota import month_of, next_month
from compute.slurm.types import JobRecord
from compute.sync.accounting import accounts_of, booked_as, is_ours, source_of, take
from compute.sync.connections import Connections
from compute.sync.oddities import sound

log = structlog.get_logger(__name__)

COMPARE_EVERY = timedelta(days=7)
LATE = timedelta(hours=1)  # what ended since may still be on its way
OVERRUN = timedelta(days=1)  # beyond the longest job of a pool: nobody will end it any more
Kind = AccountingDifference.Kind
Identity = tuple[int, int, int]


def compare(cluster: Cluster, clients: Connections, *, now: datetime) -> dict[str, int]:
    """Read one month, book what is missing, list what differs. Raises SlurmError.

    Month by month, one a pass, so that years of history keep nothing else waiting; once all were
    read the next round begins a week later.
    """
    cursor = AccountingCursor.objects.filter(cluster=cluster).first()
    month = _due(cluster, cursor, now) if cursor else None
    if cursor is None or month is None:
        return {}
    part = _part(month, now)
    accounts = accounts_of(cluster)
    records = [
        record
        for record in clients.any().history(start=part.start, end=part.end)
        if is_ours(accounts, record)
    ]
    good = sound(cluster, records, now=now)
    with transaction.atomic():
        take(accounts, good, now=now)
    found = _differences(cluster, accounts, [r for r in good if part.holds(r)], part, now)
    found += _gone(cluster, {_identity(record) for record in records}, part, now)
    _list(cluster, found, part, now)
    cursor.comparing_month = None if part.is_last else next_month(month)
    cursor.compared_at = now if part.is_last else cursor.compared_at
    cursor.save(update_fields=["comparing_month", "compared_at"])
    if found:
        log.warning("accounting_differs", cluster=cluster.slug, differences=len(found))
    return {"compared": len(records), "differences": len(found)}


class Part(NamedTuple):
    """A month of the history; its rows are those that ended in it, in the last one also those
    that have not ended.
    """

    month: date
    start: int  # epoch seconds
    end: int
    is_last: bool

    def holds(self, record: JobRecord) -> bool:
        """Whether the row is compared with this month's."""
        if record.end_time is None:
            return self.is_last
        return self.start <= record.end_time < self.end


def _due(cluster: Cluster, cursor: AccountingCursor, now: datetime) -> date | None:
    if cursor.comparing_month:
        return cursor.comparing_month
    if cursor.compared_at and now - cursor.compared_at < COMPARE_EVERY:
        return None
    first = Allocation.objects.filter(pool__cluster=cluster).order_by("created_at").first()
    return month_of(first.created_at.astimezone(UTC).date()) if first else None


def _part(month: date, now: datetime) -> Part:
    tomorrow = int((now + timedelta(days=1)).timestamp())
    end = _epoch(next_month(month))
    return Part(month, _epoch(month), min(end, tomorrow), is_last=end >= tomorrow)


def _epoch(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())


def _differences(
    cluster: Cluster,
    accounts: Mapping[str, Allocation],
    records: list[JobRecord],
    part: Part,
    now: datetime,
) -> list[AccountingDifference]:
    """Final rows whose booking is another amount, and rows that should have ended long ago."""
    booked = _booked(cluster, records)
    unsettled = set(
        UsageRecord.objects.filter(cluster=cluster, job__settled_at=None, job__isnull=False)
        .values_list("slurm_job_id", "submit_time", "restarts")
    )  # fmt: skip
    found = []
    for record in records:
        allocation = accounts[record.account]
        if record.end_time is None:
            limit = timedelta(minutes=allocation.pool.max_minutes) + OVERRUN
            if record.start_time and now.timestamp() - record.start_time > limit.total_seconds():
                found.append(_of(allocation, record, Kind.RUNAWAY, part, booked=0, now=now))
            continue
        amount = booked.get(source_of(cluster.pk, record), 0)
        is_fresh = now.timestamp() - record.end_time < LATE.total_seconds()
        if amount == record.gpu_seconds or is_fresh or _identity(record) in unsettled:
            continue
        kind = Kind.AMOUNT if amount else Kind.NOT_BOOKED
        found.append(_of(allocation, record, kind, part, booked=amount, now=now))
    return found


def _booked(cluster: Cluster, records: list[JobRecord]) -> dict[str, int]:
    return _booked_of(cluster, [(_identity(one), source_of(cluster.pk, one)) for one in records])


def _booked_of(cluster: Cluster, rows: Sequence[tuple[Identity, str]]) -> dict[str, int]:
    """GPU-seconds in the ledger by the source of the row, with what people corrected."""
    totals: dict[str, int] = {}
    sources = [source for _key, source in rows]
    for n in range(0, len(sources), 5000):
        keys = [
            f"{source}:{account}"
            for source in sources[n : n + 5000]
            for account in (LedgerEntry.Account.RESERVED, LedgerEntry.Account.AVAILABLE)
        ]
        entries = LedgerEntry.objects.filter(source_key__in=keys)
        for key, amount in entries.values_list("source_key", "gpu_seconds"):
            source = key.rpartition(":")[0]
            totals[source] = totals.get(source, 0) + amount
    corrections: dict[Identity, int] = {}
    for row in cluster.differences.exclude(corrected_at=None):
        one = (row.slurm_job_id, row.submit_time, row.restarts)
        corrections[one] = corrections.get(one, 0) + row.correction
    for identity, source in rows if corrections else ():
        totals[source] = totals.get(source, 0) + corrections.get(identity, 0)
    return totals


def _gone(
    cluster: Cluster, seen: set[Identity], part: Part, now: datetime
) -> list[AccountingDifference]:
    """What was booked of the month and the cluster does not know any more."""
    rows = UsageRecord.objects.filter(
        ~Q(job__isnull=False, job__settled_at=None),
        cluster=cluster,
        end_time__gte=part.start,
        end_time__lt=min(part.end, int(now.timestamp())),
        source=UsageRecord.Source.SLURM,
    )
    gone = [row for row in rows.iterator() if _identity(row) not in seen]
    booked = _booked_of(cluster, [(_identity(row), booked_as(row)) for row in gone])
    return [
        AccountingDifference(
            cluster=cluster,
            allocation_id=row.allocation_id,
            kind=Kind.GONE,
            month=part.month,
            slurm_job_id=row.slurm_job_id,
            submit_time=row.submit_time,
            restarts=row.restarts,
            booked_gpu_seconds=amount,
            said_gpu_seconds=0,
            found_at=now,
            last_seen_at=now,
        )
        for row in gone
        if (amount := booked.get(booked_as(row), 0))
    ]


def _of(
    allocation: Allocation, record: JobRecord, kind: str, part: Part, *, booked: int, now: datetime
) -> AccountingDifference:
    return AccountingDifference(
        cluster_id=allocation.pool.cluster_id,
        allocation=allocation,
        kind=kind,
        month=part.month,
        slurm_job_id=record.job_id,
        submit_time=record.submit_time,
        restarts=record.restarts,
        booked_gpu_seconds=booked,
        said_gpu_seconds=record.gpu_seconds,
        found_at=now,
        last_seen_at=now,
    )


def _list(cluster: Cluster, found: list[AccountingDifference], part: Part, now: datetime) -> None:
    """Write down what there is now; what is not found any more has been made good."""
    by_identity = {(d.slurm_job_id, d.submit_time, d.restarts): d for d in found}
    runaway = Q(kind=Kind.RUNAWAY)  # without an end: of the last part, whatever month it was
    of_part = Q(month=part.month) & ~runaway
    if part.is_last:
        of_part = of_part | runaway
    with transaction.atomic():
        for known in cluster.differences.filter(of_part, gone_at=None):
            new = by_identity.pop((known.slurm_job_id, known.submit_time, known.restarts), None)
            if new is None:
                cluster.differences.filter(pk=known.pk).update(gone_at=now)
            else:
                cluster.differences.filter(pk=known.pk).update(
                    kind=new.kind,
                    month=new.month,
                    booked_gpu_seconds=new.booked_gpu_seconds,
                    said_gpu_seconds=new.said_gpu_seconds,
                    last_seen_at=now,
                )
        AccountingDifference.objects.bulk_create(by_identity.values())


def _identity(row: JobRecord | UsageRecord) -> Identity:
    job_id = row.job_id if isinstance(row, JobRecord) else row.slurm_job_id
    return job_id, row.submit_time, row.restarts

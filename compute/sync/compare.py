"""A cluster's whole accounting against what is booked, once a week: differences are listed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta

import structlog
from django.db import transaction

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
from compute.sync.accounting import accounts_of, source_of, take
from compute.sync.connections import Connections
from compute.sync.holds import is_probe
from compute.sync.oddities import sound

log = structlog.get_logger(__name__)

COMPARE_EVERY = timedelta(days=7)
LATE = timedelta(hours=1)  # what ended since may still be on its way
OVERRUN = timedelta(days=1)  # beyond the longest job of a pool: nobody will end it any more
Kind = AccountingDifference.Kind
Identity = tuple[int, int, int]


def compare(cluster: Cluster, clients: Connections, *, now: datetime) -> dict[str, int]:
    """Read all months, book what is missing, list what differs. Raises SlurmError.

    Only once the accounting was read at all, and a week after the last time.
    """
    cursor = AccountingCursor.objects.filter(cluster=cluster).first()
    if cursor is None or (cursor.compared_at and now - cursor.compared_at < COMPARE_EVERY):
        return {}
    accounts = accounts_of(cluster)
    found: list[AccountingDifference] = []
    seen: set[Identity] = set()
    for start, end in _months(cluster, now):
        records = [
            record
            for record in clients.any().history(start=start, end=end)
            if record.account in accounts and not is_probe(record)
        ]
        good = sound(cluster, records, now=now)
        with transaction.atomic():
            take(accounts, good, now=now)
        seen |= {_identity(record) for record in records}
        found += _differences(cluster, accounts, good, now)
    found += _gone(cluster, seen, now)
    _list(cluster, found, now)
    AccountingCursor.objects.filter(cluster=cluster).update(compared_at=now)
    if found:
        log.warning("accounting_differs", cluster=cluster.slug, differences=len(found))
    return {"compared": len(seen), "differences": len(found)}


def _months(cluster: Cluster, now: datetime) -> Iterator[tuple[int, int]]:
    """From the month of the first allocation to a day from now, in epoch seconds."""
    first = Allocation.objects.filter(pool__cluster=cluster).order_by("created_at").first()
    if first is None:
        return
    month = month_of(first.created_at.astimezone(UTC).date())
    end = now + timedelta(days=1)
    while _epoch(month) < end.timestamp():
        yield _epoch(month), min(_epoch(next_month(month)), int(end.timestamp()))
        month = next_month(month)


def _epoch(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())


def _differences(
    cluster: Cluster,
    accounts: Mapping[str, Allocation],
    records: list[JobRecord],
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
                found.append(_of(allocation, record, Kind.RUNAWAY, booked=0, now=now))
            continue
        amount = booked.get(source_of(cluster.pk, record), 0)
        is_fresh = now.timestamp() - record.end_time < LATE.total_seconds()
        if amount == record.gpu_seconds or is_fresh or _identity(record) in unsettled:
            continue
        kind = Kind.AMOUNT if amount else Kind.NOT_BOOKED
        found.append(_of(allocation, record, kind, booked=amount, now=now))
    return found


def _booked(cluster: Cluster, records: list[JobRecord]) -> dict[str, int]:
    """GPU-seconds in the ledger by the source of the row."""
    totals: dict[str, int] = {}
    sources = [source_of(cluster.pk, record) for record in records]
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
    return totals


def _gone(cluster: Cluster, seen: set[Identity], now: datetime) -> list[AccountingDifference]:
    """What was booked and the cluster does not know any more."""
    rows = UsageRecord.objects.filter(
        cluster=cluster, end_time__lt=now.timestamp(), gpu_seconds__gt=0, source="slurm"
    )
    known = rows.values_list(
        "slurm_job_id", "submit_time", "restarts", "allocation", "gpu_seconds"
    )
    return [
        AccountingDifference(
            cluster=cluster,
            allocation_id=allocation,
            kind=Kind.GONE,
            month=_month(submitted),
            slurm_job_id=job_id,
            submit_time=submitted,
            restarts=restarts,
            booked_gpu_seconds=amount,
            said_gpu_seconds=0,
            found_at=now,
            last_seen_at=now,
        )
        for job_id, submitted, restarts, allocation, amount in known.iterator()
        if (job_id, submitted, restarts) not in seen
    ]


def _of(
    allocation: Allocation, record: JobRecord, kind: str, *, booked: int, now: datetime
) -> AccountingDifference:
    return AccountingDifference(
        cluster_id=allocation.pool.cluster_id,
        allocation=allocation,
        kind=kind,
        month=_month(record.submit_time),
        slurm_job_id=record.job_id,
        submit_time=record.submit_time,
        restarts=record.restarts,
        booked_gpu_seconds=booked,
        said_gpu_seconds=record.gpu_seconds,
        found_at=now,
        last_seen_at=now,
    )


def _list(cluster: Cluster, found: list[AccountingDifference], now: datetime) -> None:
    """Write down what there is now; what is not found any more has been made good."""
    by_identity = {(d.slurm_job_id, d.submit_time, d.restarts): d for d in found}
    with transaction.atomic():
        for known in cluster.differences.filter(gone_at=None):
            new = by_identity.pop((known.slurm_job_id, known.submit_time, known.restarts), None)
            if new is None:
                cluster.differences.filter(pk=known.pk).update(gone_at=now)
            else:
                cluster.differences.filter(pk=known.pk).update(
                    kind=new.kind,
                    booked_gpu_seconds=new.booked_gpu_seconds,
                    said_gpu_seconds=new.said_gpu_seconds,
                    last_seen_at=now,
                )
        AccountingDifference.objects.bulk_create(by_identity.values())


def _identity(record: JobRecord) -> Identity:
    return record.job_id, record.submit_time, record.restarts


def _month(submitted: int) -> date:
    return month_of(datetime.fromtimestamp(submitted, UTC).date())

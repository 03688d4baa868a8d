"""Booking what clusters account: use out of the reservation, the rest returned, every row once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import QuerySet, Sum

from compute.models import AccountingCursor, Allocation, Cluster, Job, LedgerEntry, UsageRecord
from compute.models.booking import Booked, Incoming, book_all
from compute.models.jobs import key_of
from compute.models.ledger import post
from compute.slurm.types import JobRecord
from compute.sync.arrays import has_ended
from compute.sync.connections import Connections
from compute.sync.history import read_history
from compute.sync.holds import is_probe
from compute.sync.oddities import sound
from compute.sync.windows import lapse

log = structlog.get_logger(__name__)

READ_EVERY = timedelta(minutes=1)
Account, Kind = LedgerEntry.Account, LedgerEntry.Kind


def account(cluster: Cluster, clients: Connections, *, now: datetime) -> dict[str, int]:
    """Settle finished jobs, and once a minute read the history for what else used our accounts."""
    waiting = _unsettled(cluster).filter(slurm_job_id__isnull=False)[:500]
    settled = sum(_settle_from(job, clients, now) for job in waiting)
    return {"settled": settled, "read": _read_history(cluster, clients, now)}


def settle_unsent(cluster: Cluster, *, now: datetime) -> int:
    """Give back what was reserved by jobs that no cluster ever held; needs no cluster."""
    return sum(settle(job, (), now=now) for job in _unsettled(cluster).filter(slurm_job_id=None))


def settle(job: Job, records: Sequence[JobRecord], *, now: datetime) -> bool:
    """Turn a final job's reservation into use and return the rest, once. False if it was done."""
    with transaction.atomic():
        # With the allocation, whose end would otherwise miss what is given back meanwhile.
        rows = Job.objects.select_for_update(of=("self", "allocation"), no_key=True)
        locked = rows.select_related("allocation__pool").get(pk=job.pk)
        if locked.settled_at is not None:
            return False
        left = locked.reserved_gpu_seconds
        for record in records:
            usage = _upsert(locked.allocation, locked, record, now)
            # Some is booked already where a restored database took it for foreign at first.
            unbooked = usage.gpu_seconds - _booked(usage)
            within = min(left, unbooked)
            _book_use(usage, within, Account.RESERVED, now)
            _book_use(usage, unbooked - within, Account.AVAILABLE, now)
            left -= within
        _give_back(locked, left, now)
        locked.used_gpu_seconds = sum(record.gpu_seconds for record in records)
        locked.settled_at = now
        locked.save(update_fields=["used_gpu_seconds", "settled_at"])
    job.settled_at, job.used_gpu_seconds = locked.settled_at, locked.used_gpu_seconds
    return True


def take(
    accounts: Mapping[str, Allocation], records: Iterable[JobRecord], *, now: datetime
) -> Booked:
    """Rows of one cluster's history: kept always, booked when final and nothing else will.

    `accounts` are the cluster's allocations by Slurm account; rows of others are none of ours.
    """
    if not accounts:
        return Booked(0, 0)
    cluster_id = next(iter(accounts.values())).pool.cluster_id
    rows = [
        _incoming(cluster_id, accounts[record.account].pk, record)
        for record in records
        if is_ours(accounts, record)
    ]
    return book_all(cluster_id, rows, at=now) if rows else Booked(0, 0)


def _unsettled(cluster: Cluster) -> QuerySet[Job]:
    return Job.objects.unsettled().filter(cluster=cluster).order_by("submitted_at")


def _settle_from(job: Job, clients: Connections, now: datetime) -> bool:
    rows = clients.any().records_of(job.slurm_job_id or 0)
    mine = [record for record in rows if record.name == job.token]
    records = sound(job.cluster, mine, now=now)
    if len(records) < len(mine):
        return False  # one that cannot be true is kept aside; the rest waits for it
    if not has_ended(job, records):
        return False  # slurmdbd lags by seconds: the next pass asks again
    return settle(job, records, now=now)


def _read_history(cluster: Cluster, clients: Connections, now: datetime) -> int:
    accounts = accounts_of(cluster)
    cursor = AccountingCursor.objects.filter(cluster=cluster).first()
    if not accounts or (cursor and now - cursor.read_until < READ_EVERY):
        return 0
    since = cursor.read_until if cursor else min(a.created_at for a in accounts.values())
    history = read_history(clients, since=since, now=now)
    ours = [record for record in history if is_ours(accounts, record)]
    with transaction.atomic():
        take(accounts, sound(cluster, ours, now=now), now=now)
        AccountingCursor.objects.update_or_create(cluster=cluster, defaults={"read_until": now})
    return len(ours)


def is_ours(accounts: Mapping[str, Allocation], record: JobRecord) -> bool:
    """Whether a row of a cluster's history is use of one of its allocations."""
    allocation = accounts.get(record.account)
    if allocation is None or is_probe(record):
        return False
    return allocation.counts(record.start_time or record.submit_time)


def accounts_of(cluster: Cluster) -> dict[str, Allocation]:
    """A cluster's allocations by their Slurm accounts."""
    rows = Allocation.objects.filter(pool__cluster=cluster).select_related("pool")
    return {allocation.slurm_account: allocation for allocation in rows}


def _incoming(cluster_id: UUID, allocation_id: UUID, record: JobRecord) -> Incoming:
    return Incoming(
        slurm_job_id=record.job_id,
        submit_time=record.submit_time,
        restarts=record.restarts,
        allocation_id=allocation_id,
        job_id=key_of(record.name),
        intent_slurm_id=record.array_job_id or record.job_id,
        unix_user=record.user,
        state=record.state,
        start_time=record.start_time,
        end_time=record.end_time,
        elapsed=record.elapsed,
        gpus=record.gpus,
        gpu_seconds=record.gpu_seconds,
        source=source_of(cluster_id, record),
    )


def _upsert(
    allocation: Allocation, job: Job | None, record: JobRecord, now: datetime
) -> UsageRecord:
    usage, _is_new = UsageRecord.objects.update_or_create(
        cluster_id=allocation.pool.cluster_id,
        slurm_job_id=record.job_id,
        submit_time=record.submit_time,
        restarts=record.restarts,
        defaults={
            "allocation": allocation,
            "job": job,
            "unix_user": record.user,
            "state": record.state,
            "start_time": record.start_time,
            "end_time": record.end_time,
            "elapsed": record.elapsed,
            "gpus": record.gpus,
            "gpu_seconds": record.gpu_seconds,
            "observed_at": now,
        },
    )
    return usage


def _booked(usage: UsageRecord) -> int:
    """GPU-seconds of this record that the ledger has already."""
    entries = LedgerEntry.objects.filter(source_key__in=_keys(usage))
    return entries.aggregate(total=Sum("gpu_seconds"))["total"] or 0


def _book_use(usage: UsageRecord, amount: int, debit: LedgerEntry.Account, now: datetime) -> bool:
    return amount > 0 and post(
        allocation_id=usage.allocation_id,
        kind=Kind.USE,
        debit=debit,
        credit=Account.USED,
        gpu_seconds=amount,
        source_key=_key(usage, debit),
        at=now,
        job=usage.job,
        may_overdraw=debit == Account.AVAILABLE,  # it was used: asking is too late
    )


def _give_back(job: Job, amount: int, now: datetime) -> None:
    if amount <= 0:
        return
    post(
        allocation_id=job.allocation_id,
        kind=Kind.RELEASE,
        debit=Account.RESERVED,
        credit=Account.AVAILABLE,
        gpu_seconds=amount,
        source_key=f"release:{job.pk}",
        at=now,
        job=job,
    )
    if job.allocation.has_ended:
        lapse(job.allocation, now=now, job=job)


def _key(usage: UsageRecord, debit: LedgerEntry.Account) -> str:
    return f"{booked_as(usage)}:{debit}"


def _keys(usage: UsageRecord) -> list[str]:
    """Under which the use of a record is booked: out of the reservation, and beyond it."""
    return [_key(usage, Account.RESERVED), _key(usage, Account.AVAILABLE)]


def source_of(cluster_id: UUID, record: JobRecord) -> str:
    """What the entries of a row are called in the ledger, before the account."""
    return _named(cluster_id, record.job_id, record.submit_time, record.restarts)


def booked_as(usage: UsageRecord) -> str:
    """The same of a row that is kept."""
    return _named(usage.cluster_id, usage.slurm_job_id, usage.submit_time, usage.restarts)


def _named(cluster_id: UUID, job_id: int, submit_time: int, restarts: int) -> str:
    day, second = divmod(submit_time, 86_400)
    minute, second = divmod(second, 60)
    clock = _MINUTES[minute] + _SECONDS[second]
    return f"{_start(cluster_id)}:{job_id}:{_day(day)}T{clock}:{restarts}"


# Spelling a time costs more than all else that is done with a row here: the parts are spelt once.
_MINUTES = tuple(f"{minute // 60:02}{minute % 60:02}" for minute in range(1440))
_SECONDS = tuple(f"{second:02}" for second in range(60))


@lru_cache(maxsize=1024)
def _start(cluster_id: UUID) -> str:
    return f"use:{cluster_id}"


@lru_cache(maxsize=1024)  # of a million rows most share their day
def _day(days: int) -> str:
    return f"{date(1970, 1, 1) + timedelta(days):%Y%m%d}"

"""Clusters that are not connected, an allocation for each project, and finished jobs."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from cesai.seeding.copying import Row, copy_rows
from cesai.seeding.people import PEOPLE_PER_GROUP, People
from compute.models import (
    Allocation,
    Balance,
    Cluster,
    ClusterHealth,
    Job,
    LedgerEntry,
    Limit,
    Pool,
    UsageRecord,
)
from compute.models.monthly import roll_up_these
from compute.quota import gpu_minutes
from compute.states import AllocationState, JobState, LimitState
from projects.models import Partner

GPU_SECONDS = 3_600  # of each job
SPARE = 360_000


@dataclass(frozen=True, slots=True)
class Account:
    """An allocation and what its jobs need to know of it."""

    key: uuid.UUID
    project: int
    cluster: uuid.UUID
    jobs: int


def seed_compute(
    people: People, clusters: int, jobs: int, *, now: datetime, dice: random.Random
) -> None:
    """Rows of so many clusters and jobs; balances and ledger agree to the second."""
    if not clusters:
        return
    partner = Partner.objects.filter(slug__startswith=people.tag).values_list("pk", flat=True)[0]
    cluster_ids = [uuid.UUID(int=dice.getrandbits(128), version=4) for _ in range(clusters)]
    pool_ids = [uuid.UUID(int=key.int ^ 1) for key in cluster_ids]
    each, more = divmod(jobs, max(len(people.project_ids), 1))
    accounts = [
        Account(
            key=uuid.UUID(int=project.int ^ 1),
            project=n,
            cluster=cluster_ids[n % clusters],
            jobs=each + (n < more),
        )
        for n, project in enumerate(people.project_ids)
    ]
    with transaction.atomic():
        copy_rows(Cluster, _clusters(people, cluster_ids, partner, now))
        copy_rows(ClusterHealth, ({"cluster_id": key} for key in cluster_ids))
        copy_rows(Pool, _pools(people, cluster_ids, pool_ids))
        copy_rows(Allocation, _allocations(people, accounts, now))
        copy_rows(Balance, _balances(accounts))
        copy_rows(Limit, _limits(accounts, now))
        copy_rows(Job, _jobs(people, accounts, now))
        copy_rows(LedgerEntry, _entries(accounts, now))
        copy_rows(UsageRecord, _records(people, accounts, now))
        roll_up_these(account.key for account in accounts)


def _clusters(
    people: People, keys: list[uuid.UUID], partner: uuid.UUID, now: datetime
) -> Iterator[Row]:
    for n, key in enumerate(keys):
        yield {
            "id": key,
            "slug": f"{people.tag}-c{n}",
            "name": f"Seeded cluster {n}",
            "partner_id": partner,
            "created_at": now,
        }


def _pools(people: People, clusters: list[uuid.UUID], pools: list[uuid.UUID]) -> Iterator[Row]:
    for n, (cluster, pool) in enumerate(zip(clusters, pools, strict=True)):
        yield {
            "id": pool,
            "cluster_id": cluster,
            "slug": f"{people.tag}-pool{n}",
            "name": f"Seeded pool {n}",
            "partition": "gpu",
            "gpu_type": "h100",
            "gpu_count": 512,
            "gpus_per_node": 4,
        }


def _allocations(people: People, accounts: list[Account], now: datetime) -> Iterator[Row]:
    for account in accounts:
        yield {
            "id": account.key,
            "project_id": people.project_ids[account.project],
            "pool_id": uuid.UUID(int=account.cluster.int ^ 1),
            "start": now.date() - timedelta(days=300),
            "end": now.date() + timedelta(days=60),
            "gpu_seconds": _granted(account),
            "slurm_account": f"{people.tag}-a{account.project}",
            "unix_user": f"{people.tag}-{account.project}",
            "state": AllocationState.ACTIVE.value,
            "created_at": now - timedelta(days=300),
        }


def _balances(accounts: list[Account]) -> Iterator[Row]:
    for account in accounts:
        yield {
            "allocation_id": account.key,
            "available": SPARE,
            "reserved": 0,
            "used": account.jobs * GPU_SECONDS,
        }


def _limits(accounts: list[Account], now: datetime) -> Iterator[Row]:
    """As the operators of clusters that are not connected confirmed them."""
    for account in accounts:
        minutes = gpu_minutes(_granted(account))
        yield {
            "id": uuid.uuid5(account.key, "limit"),
            "allocation_id": account.key,
            "desired_gpu_minutes": minutes,
            "proven_gpu_minutes": minutes,
            "proven_closed": False,
            "state": LimitState.SET_NOT_PROVEN.value,
            "detail": "ConfirmedByOperator",
            "observed_at": now,
            "verified_at": now,
        }


def _jobs(people: People, accounts: list[Account], now: datetime) -> Iterator[Row]:
    for account in accounts:
        by = people.user_ids[people.project_groups[account.project] * PEOPLE_PER_GROUP]
        for n in range(account.jobs):
            at = _submitted(account, n, now)
            yield {
                "id": _job(account, n),
                "project_id": people.project_ids[account.project],
                "allocation_id": account.key,
                "cluster_id": account.cluster,
                "submitted_by_id": by,
                "submitted_at": at,
                "script": "#!/bin/sh\ntrue\n",
                "gpus": 1,
                "minutes": 60,
                "working_directory": "/tmp",  # noqa: S108 (a text in a row; nothing is written)
                "reserved_gpu_seconds": GPU_SECONDS,
                "state": JobState.COMPLETED.value,
                "slurm_job_id": account.project * 1_000_000 + n + 1,
                "started_at": at,
                "ended_at": at + timedelta(seconds=GPU_SECONDS),
                "used_gpu_seconds": GPU_SECONDS,
                "settled_at": at + timedelta(seconds=GPU_SECONDS + 60),
            }


def _records(people: People, accounts: list[Account], now: datetime) -> Iterator[Row]:
    for account in accounts:
        for n in range(account.jobs):
            start = int(_submitted(account, n, now).timestamp())
            yield {
                "id": uuid.uuid5(account.key, f"record {n}"),
                "cluster_id": account.cluster,
                "slurm_job_id": account.project * 1_000_000 + n + 1,
                "submit_time": start,
                "allocation_id": account.key,
                "job_id": _job(account, n),
                "unix_user": f"{people.tag}-{account.project}",
                "state": "COMPLETED",
                "start_time": start,
                "end_time": start + GPU_SECONDS,
                "elapsed": GPU_SECONDS,
                "gpus": 1,
                "gpu_seconds": GPU_SECONDS,
                "observed_at": now,
            }


def _submitted(account: Account, n: int, now: datetime) -> datetime:
    """Spread evenly over three hundred days, up to the day before."""
    every = 299 * 86_400 / max(account.jobs, 1)
    return now - timedelta(days=300) + timedelta(seconds=n * every + account.project % 60)


def _entries(accounts: list[Account], now: datetime) -> Iterator[Row]:
    for account in accounts:
        granted = {"kind": "grant", "debit": "issued", "credit": "available"}
        yield _entry(account, f"seed-grant:{account.key}", _granted(account), now, granted)
        for n in range(account.jobs):
            job = _job(account, n)
            reserved = {
                "kind": "reserve",
                "debit": "available",
                "credit": "reserved",
                "job_id": job,
            }
            used = {"kind": "use", "debit": "reserved", "credit": "used", "job_id": job}
            yield _entry(account, f"seed-reserve:{job}", GPU_SECONDS, now, reserved)
            yield _entry(account, f"seed-use:{job}", GPU_SECONDS, now, used)


def _entry(account: Account, source: str, amount: int, now: datetime, words: Row) -> Row:
    return {
        "id": uuid.uuid5(account.key, source),
        "allocation_id": account.key,
        "gpu_seconds": amount,
        "source_key": source,
        "at": now,
        **words,
    }


def _granted(account: Account) -> int:
    return account.jobs * GPU_SECONDS + SPARE


def _job(account: Account, n: int) -> uuid.UUID:
    return uuid.uuid5(account.key, str(n))

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
from compute.models import Allocation, Balance, Cluster, ClusterHealth, Job, LedgerEntry, Pool
from compute.states import AllocationState, JobState
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
        copy_rows(Job, _jobs(people, accounts, now))
        copy_rows(LedgerEntry, _entries(accounts, now))


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


def _jobs(people: People, accounts: list[Account], now: datetime) -> Iterator[Row]:
    for account in accounts:
        by = people.user_ids[people.project_groups[account.project] * PEOPLE_PER_GROUP]
        for n in range(account.jobs):
            at = now - timedelta(days=290) + timedelta(seconds=n * 97 + account.project)
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

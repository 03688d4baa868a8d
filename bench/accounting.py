"""How many rows of a cluster's accounting are booked in a second."""

from __future__ import annotations

import time
from statistics import median
from typing import Any

from bench.measure import tell

ROWS, BATCHES, ALLOCATIONS = 20_000, 5, 200
START = 1_700_000_000


def run() -> None:
    """Rows as a pass takes them, against writing the same rows of both tables and nothing else."""
    from django.utils import timezone  # noqa: PLC0415

    from compute.sync.accounting import accounts_of, take  # noqa: PLC0415

    cluster = _site()
    accounts = accounts_of(cluster)
    names = sorted(accounts)
    rates, bare, again = [], [], []
    for batch in range(BATCHES):
        records = [_record(names[n % len(names)], batch * ROWS + n) for n in range(ROWS)]
        seconds = _seconds(lambda records=records: take(accounts, records, now=timezone.now()))
        rates.append(ROWS / seconds)
        since = START + batch * ROWS
        bare.append(ROWS / _seconds(lambda since=since: _bare(since)))
        again.append(
            ROWS / _seconds(lambda records=records: take(accounts, records, now=timezone.now()))
        )
    _check(cluster, ROWS * BATCHES)
    tell(
        "accounting",
        records_per_second=median(rates),
        slowest=min(rates),
        again_per_second=median(again),
        bare_per_second=median(bare),
        ratio=median(rates) / median(bare),
        goal_per_second=20_000,
        rows=ROWS * BATCHES,
        measured="records of foreign jobs in memory → kept, in the ledger and in balances, one "
        "transaction for 20,000; the same again changes nothing; the reference inserts the "
        "same rows of both tables, ready made, into tables with the same indexes",
    )


def _site() -> Any:
    from compute.models import Allocation, Balance, Cluster, ClusterHealth, Pool  # noqa: PLC0415
    from projects.models import Group, Partner, Project, User  # noqa: PLC0415

    partner = Partner.objects.create(name="Bench", slug="bench-accounting")
    group = Group.objects.create(partner=partner, name="Bench", slug="bench-accounting")
    user = User.objects.create(username="bench-accounting")
    project = Project.objects.create(
        slug="bench-acc", title="Bench", lead_group=group, created_by=user
    )
    cluster = Cluster.objects.create(slug="bench-accounting", name="Bench", partner=partner)
    ClusterHealth.objects.create(cluster=cluster)
    pool = Pool.objects.create(
        cluster=cluster, slug="bench-accounting", name="Bench", partition="gpu", gpu_type="h100",
        gpu_count=8, gpus_per_node=8,
    )  # fmt: skip
    from django.utils import timezone  # noqa: PLC0415

    now = timezone.now()
    for number in range(ALLOCATIONS):
        allocation = Allocation.objects.create(
            project=project, pool=pool, start=now.date(), end=now.date().replace(year=2100),
            gpu_seconds=10**12, slurm_account=f"cesai-bench-{number}", unix_user="bench",
            created_at=now,
        )  # fmt: skip
        Balance.objects.create(allocation=allocation, available=10**12)
    return cluster


def _record(account: str, number: int) -> Any:
    from compute.slurm.types import JobRecord  # noqa: PLC0415

    start = START + number
    return JobRecord(
        cluster="bench", job_id=number + 1, name="by hand", account=account, user="bench",
        partition="gpu", state="COMPLETED", submit_time=start, start_time=start,
        end_time=start + 600, elapsed=600, gpus=4,
    )  # fmt: skip


def _bare(since: int) -> None:
    """The rows of one batch once more, into tables with the same indexes and without keys."""
    from django.db import connection, transaction  # noqa: PLC0415

    with transaction.atomic(), connection.cursor() as cursor:
        for table in ("usagerecord", "ledgerentry"):
            cursor.execute(f"CREATE TABLE bare_{table} (LIKE compute_{table} INCLUDING ALL)")
        cursor.execute(
            "INSERT INTO bare_usagerecord SELECT * FROM compute_usagerecord"
            " WHERE submit_time >= %s",
            [since],
        )
        cursor.execute(
            "INSERT INTO bare_ledgerentry SELECT * FROM compute_ledgerentry"
            " ORDER BY sequence DESC LIMIT %s",
            [ROWS],
        )
        for table in ("usagerecord", "ledgerentry"):
            cursor.execute(f"DROP TABLE bare_{table}")


def _seconds(call: Any) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _check(cluster: Any, rows: int) -> None:
    """What was measured is only worth something if it is right."""
    from django.db.models import Sum  # noqa: PLC0415

    from compute.models import Balance, LedgerEntry, UsageRecord  # noqa: PLC0415

    kept = UsageRecord.objects.filter(cluster=cluster)
    entries = LedgerEntry.objects.filter(allocation__pool__cluster=cluster)
    used = Balance.objects.filter(allocation__pool__cluster=cluster).aggregate(n=Sum("used"))["n"]
    total = entries.aggregate(n=Sum("gpu_seconds"))["n"]
    if not kept.count() == entries.count() == rows or not used == total == rows * 2400:
        raise RuntimeError(f"booked {kept.count()} rows, {used} and {total} GPU-seconds")

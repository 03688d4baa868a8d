"""How long one look at all clusters takes: fifty of them with ten thousand live jobs each."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench.many_clusters import HANGS, MOVED, answering, job_key
from bench.measure import tell
from dev import processes
from dev.postgres import Postgres

CLUSTERS, JOBS = 50, 10_000
WORKERS = 8  # as many threads as the worker of a deployment has
SCRIPT = "#!/bin/sh\n" + "# what the job is for and where its data lies\n" * 20


def run(postgres: Postgres) -> None:
    """The portal and PostgreSQL on one core, the clusters on the other; one cluster hangs."""
    ours, theirs = sorted(os.sched_getaffinity(0))[:2]
    with answering(JOBS, core=theirs) as address:
        slugs = [f"many-{number}" for number in range(CLUSTERS - 1)]
        began = time.perf_counter()
        _fill(address, [*slugs, HANGS])
        filled = time.perf_counter() - began
        _pin(postgres, ours)
        first = _look([*slugs, HANGS])
        hung = first.pop(HANGS)
        used = time.process_time()
        again = _look(slugs)
        used = time.process_time() - used
        tell(
            "follow",
            seconds=max(first.values()),
            again_seconds=max(again.values()),
            again_processor_seconds=used,  # of the portal alone; others may share the core
            goal_seconds=60,
            clusters=CLUSTERS,
            live_jobs=CLUSTERS * JOBS,
            moved_jobs=MOVED * len(slugs),
            hanging_given_up_after=hung,
            measured="whole passes of the portal with PostgreSQL on one core; lists as long as "
            "those of 22.05 from a server without a scheduler on the other",
            filled_in=filled,
        )


def _look(slugs: list[str]) -> dict[str, float]:
    """A pass over each; when it ended, in seconds since all began."""
    from django.db import connection  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from compute.sync.passes import sync_cluster  # noqa: PLC0415

    began = time.perf_counter()

    def look(slug: str) -> float:
        done = sync_cluster(slug, now=timezone.now())
        connection.close()
        if done.get("followed") != JOBS and slug != HANGS:
            raise RuntimeError(f"{slug}: {done}")
        return time.perf_counter() - began

    with ThreadPoolExecutor(WORKERS) as threads:
        order = sorted(slugs, key=lambda slug: slug != HANGS)  # the hanging one before all others
        return dict(zip(order, threads.map(look, order), strict=True))


def _pin(postgres: Postgres, core: int) -> None:
    """What is started from now on, every connection's server process among it, stays there too."""
    from django.db import connections  # noqa: PLC0415

    connections.close_all()
    server = processes.running_pid(postgres.pid_file)
    for pid in (0, server or 0):
        os.sched_setaffinity(pid, {core})


def _fill(address: str, slugs: list[str]) -> None:
    from django.db import connection  # noqa: PLC0415
    from django.test import override_settings  # noqa: PLC0415

    from compute.models import AccountingCursor, ClusterHealth, Limit  # noqa: PLC0415
    from tests import make  # noqa: PLC0415

    with override_settings(CLUSTER_URLS=[address]):
        for slug in slugs:
            cluster = make.make_cluster(slug=slug, rest_url=f"{address}/{slug}")
            allocation = make.make_allocation(pool=make.make_pool(cluster))
            make.deliver(cluster, allocation.unix_user)
            AccountingCursor.objects.create(cluster=cluster, read_until=make.now())
            _copy(slug, make.make_job(allocation, script=SCRIPT))
    now = make.now()
    ClusterHealth.objects.update(wire="v0.0.38")
    AccountingCursor.objects.update(read_until=now)
    Limit.objects.update(verified_at=now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE compute_job")


def _copy(slug: str, job: Any) -> None:
    """As many rows like this one as the cluster has jobs; itself it is none of them."""
    from django.db import connection  # noqa: PLC0415

    from compute.models import Job  # noqa: PLC0415

    columns = [str(field.column) for field in Job._meta.concrete_fields]
    changed = {"id": "key", "slurm_job_id": "number", "state": "now", "reason": "why"}
    chosen = ", ".join(
        f"given.{changed[name]}" if name in changed else f"job.{name}" for name in columns
    )
    numbers = list(range(JOBS))
    # Some of those that run on the cluster are still waiting for the portal.
    running = range(MOVED, JOBS // 10)
    states = ["running" if number in running else "pending" for number in numbers]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO compute_job ({', '.join(columns)}) SELECT {chosen} FROM compute_job job,"  # noqa: S608 (our own columns)
            " unnest(%s::uuid[], %s::bigint[], %s::text[], %s::text[])"
            " given(key, number, now, why) WHERE job.id = %s",
            [
                [job_key(slug, number) for number in numbers],
                [number + 1 for number in numbers],
                states,
                ["" if state == "running" else "Resources" for state in states],
                job.pk,
            ],
        )
    Job.objects.filter(pk=job.pk).update(state="cancelled", settled_at=job.submitted_at)

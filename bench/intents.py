"""How many job intents are accepted in a second, beside bare inserts of the same rows' number."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable

import psycopg

from bench.measure import insert_partner, tell

PROCESSES = 4
SECONDS = 5.0


def run() -> None:
    """Several processes submit, each under its own allocation, for five seconds."""
    from tests import make  # noqa: PLC0415 (Django is set up by the caller)

    allocations = [str(make.make_allocation(gpu_hours=900).pk) for _ in range(PROCESSES)]
    ours = _rate(_submit, allocations)
    reference = _rate(_insert, allocations)
    tell(
        "accepted_intents",
        per_second=ours,
        processes=PROCESSES,
        reference="one durable transaction of six single-row writes by psycopg",
        reference_per_second=reference,
        ratio=ours / reference,
        goal_per_second=300,
    )


def _rate(work: Callable[[str], int], allocations: list[str]) -> float:
    context = multiprocessing.get_context("spawn")
    with context.Pool(PROCESSES) as pool:
        pool.map(_warm, range(PROCESSES))
        counts: list[int] = pool.map(work, allocations, chunksize=1)
    return sum(counts) / SECONDS


def _warm(_number: int) -> None:
    import django  # noqa: PLC0415

    django.setup()
    time.sleep(0.5)


def _submit(allocation_id: str) -> int:
    import django  # noqa: PLC0415

    django.setup()
    from compute.actions.jobs import submit_job  # noqa: PLC0415
    from compute.models import Allocation  # noqa: PLC0415
    from tests import make  # noqa: PLC0415

    rows = Allocation.objects.select_related("pool__cluster", "project__created_by")
    allocation = rows.get(pk=allocation_id)
    by = allocation.project.created_by
    spec = make.make_spec(allocation, minutes=1)
    done, end = 0, time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        submit_job(by=by, allocation=allocation, spec=spec, now=make.now())
        done += 1
    return done


def _insert(_allocation_id: str) -> int:
    done, end = 0, time.perf_counter() + SECONDS
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        while time.perf_counter() < end:
            with connection.transaction():
                for _ in range(6):
                    insert_partner(connection)
            done += 1
    return done

"""Calls to a cluster side by side, and the one that may fail without harm."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import structlog

from compute.models import Job
from compute.slurm.errors import SlurmError
from compute.sync.connections import Connections

log = structlog.get_logger(__name__)

PARALLEL = 16
T = TypeVar("T")


def in_parallel(
    call: Callable[[Job], T], jobs: Sequence[Job]
) -> Iterable[tuple[Job, T | SlurmError]]:
    """Each job's answer or error, as they come; the calls touch no database."""

    def one(job: Job) -> tuple[Job, T | SlurmError]:
        try:
            return job, call(job)
        except SlurmError as error:
            return job, error

    if len(jobs) < 2:
        return [one(job) for job in jobs]
    with ThreadPoolExecutor(max_workers=min(PARALLEL, len(jobs))) as pool:
        return list(pool.map(one, jobs))


def cancel_quietly(job: Job, job_id: int, clients: Connections) -> bool:
    """Ask the cluster to end a Slurm job of this intent; False if it did not agree."""
    try:
        clients.of(job.allocation.unix_user).cancel(job_id)
    except SlurmError as error:
        log.warning("cancel_unanswered", job=str(job.pk), slurm_job=job_id, detail=error.detail)
        return False
    return True

"""Calls to a cluster side by side, and the one that may fail without harm."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import structlog

from compute.models import Job
from compute.slurm.errors import SlurmError
from compute.sync.connections import Connections

log = structlog.get_logger(__name__)

PARALLEL = 16
AHEAD = 4 * PARALLEL
T = TypeVar("T")


def in_parallel(
    call: Callable[[Job], T], jobs: Iterable[Job]
) -> Iterator[tuple[Job, T | SlurmError]]:
    """Each job's answer or error, as they come; the calls touch no database.

    Jobs are asked for a little ahead of the answers, so that what is done with these, and what
    brings the next jobs, runs while the cluster works.
    """

    def one(job: Job) -> tuple[Job, T | SlurmError]:
        try:
            return job, call(job)
        except SlurmError as error:
            return job, error

    waiting: deque[Future[tuple[Job, T | SlurmError]]] = deque()
    with ThreadPoolExecutor(max_workers=PARALLEL) as pool:
        for job in jobs:
            waiting.append(pool.submit(one, job))
            if len(waiting) >= AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def cancel_quietly(clients: Connections, unix_user: str, job_id: int) -> bool:
    """Ask the cluster to end a Slurm job of this user; False if it did not agree."""
    try:
        clients.of(unix_user).cancel(job_id)
    except SlurmError as error:
        log.warning("cancel_unanswered", slurm_job=job_id, detail=error.detail)
        return False
    return True

"""Following a job until it has ended, and the exit code that it stands for."""

from __future__ import annotations

import time
from collections.abc import Iterator

from cesai_client import shapes
from cesai_client.client import Client
from cesai_client.errors import NotReachable

FINAL: frozenset[shapes.JobState] = frozenset(
    {
        "completed",
        "failed",
        "cancelled",
        "timeout",
        "node_fail",
        "out_of_memory",
        "preempted",
        "deadline",
        "boot_fail",
        "refused",
    }
)
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 15.0
LONGEST_SILENCE = 15 * 60.0
REFUSED_BY_CLUSTER = 3
BY_SIGNAL = 128


def follow(client: Client, key: str) -> Iterator[shapes.JobDetail | NotReachable]:
    """The job each time that something about it has changed, the last time when it has ended.

    A portal that is away is told of once, and waited for. Raises CesaiError; NotReachable after
    a quarter of an hour of silence.
    """
    seen: object = None
    pause, heard = FIRST_PAUSE, time.monotonic()
    is_silent = False
    while True:
        try:
            job = client.jobs.get(key)
        except NotReachable as silence:
            if time.monotonic() - heard > LONGEST_SILENCE:
                raise
            if not is_silent:
                is_silent = True
                yield silence
        else:
            is_silent, heard = False, time.monotonic()
            now = (job["state"], job["waiting_for"], job["reason"], job["slurm_job_id"])
            if now != seen:
                seen, pause = now, FIRST_PAUSE
                yield job
            if job["state"] in FINAL:
                return
        time.sleep(pause)
        pause = min(pause * 1.3, LONGEST_PAUSE)


def exit_code(job: shapes.JobOut | shapes.JobDetail) -> int:
    """The job's own, 128 + the signal that ended it, else 1 if it did not complete."""
    if job["state"] == "refused":
        return REFUSED_BY_CLUSTER
    if job["exit_code"]:
        return job["exit_code"] & 0xFF or 1
    if job["signal"]:
        return BY_SIGNAL + job["signal"]
    return 0 if job["state"] == "completed" else 1

"""An array as the one job that its intent is: what its tasks' rows say together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from compute.models import Job
from compute.slurm.types import JobRecord, JobView
from compute.states import JobState, from_slurm

# Of tasks that ended in different ways the array is told to have ended in the first of these.
WORST = (
    JobState.FAILED,
    JobState.OUT_OF_MEMORY,
    JobState.NODE_FAIL,
    JobState.BOOT_FAIL,
    JobState.TIMEOUT,
    JobState.DEADLINE,
    JobState.PREEMPTED,
    JobState.CANCELLED,
    JobState.COMPLETED,
)


def as_one(job: Job, rows: Sequence[JobView]) -> JobView | None:
    """The array as one live job; None if its tasks have ended and some are not listed any more.

    It runs from the start of its first task to the end of its last.
    """
    states = task_states(rows)
    listed = sum(states.values())
    if states[JobState.RUNNING] or (states[JobState.PENDING] and len(states) > 1):
        state = JobState.RUNNING
    elif states[JobState.PENDING]:
        state = JobState.PENDING if listed >= job.array_tasks else JobState.RUNNING
    elif listed < job.array_tasks:
        return None
    else:
        state = worst(states)
    first = next((row for row in rows if from_slurm(row.state) == state), rows[0])
    starts = [row.start_time for row in rows if row.start_time]
    ends = [row.end_time for row in rows if row.end_time]
    return first._replace(
        state=state.upper(),
        start_time=min(starts, default=None),
        end_time=max(ends, default=None),
    )


def task_states(rows: Sequence[JobView | JobRecord]) -> Counter[JobState]:
    """How many tasks are in which state; a word that no release has said so far counts as run."""
    counts: Counter[JobState] = Counter()
    for row in rows:
        counts[from_slurm(row.state) or JobState.RUNNING] += row.array_tasks_waiting
    return counts


def worst(states: Counter[JobState]) -> JobState:
    """How an array ended whose tasks ended so."""
    return next(state for state in WORST if states[state])


def has_ended(job: Job, records: Sequence[JobRecord]) -> bool:
    """Whether the accounting has the end of every task, or of the one job that it is."""
    last = [record for record in records if record.state != "REQUEUED"]  # there was another run
    return sum(record.array_tasks_waiting for record in last) >= job.array_tasks and all(
        record.end_time is not None for record in records
    )

"""Following jobs that a cluster holds, and telling it which to end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from django.db.models import Q

from compute.models import Cluster, ClusterHealth, Job
from compute.models.jobs import JobQuerySet, submitter_may, token_of
from compute.slurm.errors import SlurmError
from compute.slurm.types import JobRecord, JobView
from compute.states import (
    ENDED_ON_CLUSTER,
    WILL_NOT_START,
    AllocationState,
    JobState,
    from_slurm,
)
from compute.sync.arrays import as_one, has_ended, task_states, worst
from compute.sync.calls import in_parallel
from compute.sync.connections import Connections
from compute.sync.recover import may_have_strays, reap

log = structlog.get_logger(__name__)

Rows = dict[int, list[JobView]]  # by the id that an intent is known by: an array's has several


class Known(NamedTuple):
    """What is needed of a job to tell whether the cluster has news of it."""

    key: UUID
    slurm_job_id: int | None  # never None here, by the question
    state: str
    reason: str


def follow(cluster: Cluster, clients: Connections, *, now: datetime) -> dict[str, int]:
    """One look at everything of ours that is on the cluster, from one list.

    Of thousands of jobs few have news in one pass: only those are read as whole rows.
    """
    here = Job.objects.on_cluster().filter(cluster=cluster, slurm_job_id__isnull=False)
    columns = here.order_by().values_list("pk", "slurm_job_id", "state", "reason")
    jobs = [Known(*row) for row in columns]
    if not jobs and not may_have_strays(cluster):
        return {"followed": 0, "moved": 0, "cancelled": 0, "reaped": 0}
    listed = clients.any().jobs()
    rows: Rows = {}
    for row in listed:
        rows.setdefault(row.array_job_id or row.job_id, []).append(row)
    ClusterHealth.objects.filter(cluster=cluster).update(followed_at=now)
    news = [job.key for job in jobs if _is_news(job, rows.get(job.slurm_job_id or 0, ()))]
    changed = here.filter(pk__in=news).select_related("allocation").defer("script")
    moved = sum(_look_at(job, rows, clients, now) for job in changed)
    cancelled = _cancel(here, rows, clients)
    reaped = 0 if cluster.is_stopped else reap(cluster, listed, clients, now=now)
    return {"followed": len(jobs), "moved": moved, "cancelled": cancelled, "reaped": reaped}


def _is_news(job: Known, rows: Sequence[JobView]) -> bool:
    """Whether the list says anything else than what stands in the job's row, or nothing."""
    if len(rows) != 1 or rows[0].array_job_id or rows[0].name != token_of(job.key):
        return True
    reason = "" if rows[0].reason == "None" else rows[0].reason
    return from_slurm(rows[0].state) != job.state or reason != job.reason


def _look_at(job: Job, rows: Rows, clients: Connections, now: datetime) -> bool:
    mine = _of(job, rows)
    if job.array and mine:
        _note_tasks(job, mine)
    view = as_one(job, mine) if job.array and mine else next(iter(mine), None)
    return _see_record(job, clients, now) if view is None else _see(job, view, now)


def _of(job: Job, rows: Rows) -> list[JobView]:
    """What the list says of it; nothing if it is forgotten, or the id is another job's by now."""
    return [row for row in rows.get(job.slurm_job_id or 0, ()) if row.name == job.token]


def _note_tasks(job: Job, rows: Sequence[JobView | JobRecord]) -> None:
    states = {str(state): count for state, count in sorted(task_states(rows).items())}
    if states != job.task_states:
        Job.objects.filter(pk=job.pk).update(task_states=states)
        job.task_states = states


def _see(job: Job, view: JobView, now: datetime) -> bool:
    state = from_slurm(view.state)
    if state is None:
        log.warning("unknown_slurm_state", job=str(job.pk), state=view.state)
        return False
    if view.is_held and (job.state == JobState.KNOWN or _is_to_be_released(job, view)):
        return False
    reason = _reason(job, view.reason, state)
    values: dict[str, Any] = {
        "reason": reason,
        "observed_at": now,
        "started_at": _at(view.start_time) if state != JobState.PENDING else None,
        "ended_at": _at(view.end_time) if state in ENDED_ON_CLUSTER else None,
        "exit_code": view.exit_code if state in ENDED_ON_CLUSTER else None,
        "signal": view.signal if state in ENDED_ON_CLUSTER else None,
    }
    if state == job.state:
        if reason != job.reason:
            Job.objects.filter(pk=job.pk, state=job.state).update(reason=reason)
            job.reason = reason
        return False
    return job.move_to(state, now=now, **values)


def _is_to_be_released(job: Job, view: JobView) -> bool:
    """Told to start, and still held as we left it: releasing is repeated."""
    return job.state == JobState.RELEASED and view.reason == "JobHeldUser"


def _see_record(job: Job, clients: Connections, now: datetime) -> bool:
    """slurmctld forgot it, or the id is somebody else's by now: the accounting decides."""
    records = [r for r in clients.any().records_of(job.slurm_job_id or 0) if r.name == job.token]
    if not records:
        return False
    if job.array:
        _note_tasks(job, records)
        state = worst(task_states(records)) if has_ended(job, records) else None
    else:
        records = [max(records, key=_order)]
        state = from_slurm(records[0].state)
    ends = [record.end_time for record in records if record.end_time is not None]
    if state not in ENDED_ON_CLUSTER or len(ends) < len(records):
        return False
    return job.move_to(
        state,
        now=now,
        reason=_reason(job, "", state),
        observed_at=now,
        started_at=_at(min(filter(None, (r.start_time for r in records)), default=None)),
        ended_at=_at(max(ends)),
    )


def _order(record: JobRecord) -> tuple[int, int]:
    return record.submit_time, record.restarts


def _cancel(here: JobQuerySet, rows: Rows, clients: Connections) -> int:
    """End what must not start, or not go on, until it is seen to have ended.

    What runs goes on when its allocation or its submitter's right ends, unless people cancel it.
    """
    doomed = Q(state=JobState.PENDING, reason__in=WILL_NOT_START)
    gone = Q(allocation__state__in=(AllocationState.EXPIRED, AllocationState.REVOKED))
    ended = ~Q(state=JobState.RUNNING) & (gone | ~submitter_may())
    due = here.filter(doomed | ended | Q(cancel_requested_at__isnull=False))
    found = due.select_related("allocation").defer("script")
    asked = [job for job in found if _of(job, rows)]
    asked = [job for job in asked if job.allocation.unix_user in clients.users]
    for job in asked:
        clients.of(job.allocation.unix_user)
    answers = in_parallel(
        lambda job: clients.of(job.allocation.unix_user).cancel(job.slurm_job_id or 0), asked
    )
    for job, answer in answers:
        if isinstance(answer, SlurmError):
            log.warning("cancel_unanswered", job=str(job.pk), detail=answer.detail)
    return len(asked)


def _reason(job: Job, word: str, state: JobState | None) -> str:
    """Slurm's word; once a job was doomed, its end is told with that reason."""
    if state == JobState.CANCELLED and job.reason in WILL_NOT_START:
        return job.reason
    return "" if word == "None" else word


def _at(epoch: int | None) -> datetime | None:
    return datetime.fromtimestamp(epoch, UTC) if epoch else None

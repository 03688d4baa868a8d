"""Following jobs that a cluster holds, and telling it which to end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from django.db.models import Q

from compute.models import Cluster, Job
from compute.models.jobs import JobQuerySet, token_of
from compute.slurm.errors import SlurmError
from compute.slurm.types import JobRecord, JobView
from compute.states import (
    ENDED_ON_CLUSTER,
    WILL_NOT_START,
    AllocationState,
    JobState,
    from_slurm,
)
from compute.sync.calls import in_parallel
from compute.sync.connections import Connections
from compute.sync.recover import may_have_strays, reap

log = structlog.get_logger(__name__)

NOTE_LOOK_EVERY = timedelta(minutes=1)  # so much later may a job have been seen than it says


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
    views = {view.job_id: view for view in listed}
    _note_look(here, now)
    news = [job.key for job in jobs if _is_news(job, views.get(job.slurm_job_id or 0))]
    rows = here.filter(pk__in=news).select_related("allocation").defer("script")
    moved = sum(_look_at(job, views, clients, now) for job in rows)
    cancelled = _cancel(here, views, clients)
    reaped = reap(cluster, listed, clients)
    return {"followed": len(jobs), "moved": moved, "cancelled": cancelled, "reaped": reaped}


def _note_look(here: JobQuerySet, now: datetime) -> None:
    """Move the times of the last look on, which costs more than all the rest of a quiet pass."""
    old = Q(observed_at=None) | Q(observed_at__lt=now - NOTE_LOOK_EVERY)
    here.filter(old).update(observed_at=now)


def _is_news(job: Known, view: JobView | None) -> bool:
    """Whether the list says anything else than what stands in the job's row, or nothing."""
    if view is None or view.name != token_of(job.key):
        return True
    reason = "" if view.reason == "None" else view.reason
    return from_slurm(view.state) != job.state or reason != job.reason


def _look_at(job: Job, views: Mapping[int, JobView], clients: Connections, now: datetime) -> bool:
    view = _view_of(job, views)
    return _see_record(job, clients, now) if view is None else _see(job, view, now)


def _view_of(job: Job, views: Mapping[int, JobView]) -> JobView | None:
    """What the list says of it; None if it does not, or the id is another job's by now."""
    view = views.get(job.slurm_job_id or 0)
    return view if view is not None and view.name == job.token else None


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
    last = max(records, key=_order)
    state = from_slurm(last.state)
    if state not in ENDED_ON_CLUSTER or last.end_time is None:
        return False
    return job.move_to(
        state,
        now=now,
        reason=_reason(job, "", state),
        started_at=_at(last.start_time),
        ended_at=_at(last.end_time),
    )


def _order(record: JobRecord) -> tuple[int, int]:
    return record.submit_time, record.restarts


def _cancel(here: JobQuerySet, views: Mapping[int, JobView], clients: Connections) -> int:
    """End what people, the end of the allocation or a hopeless reason ask to end, until seen."""
    doomed = Q(state=JobState.PENDING, reason__in=WILL_NOT_START)
    ended = ~Q(state=JobState.RUNNING) & Q(
        allocation__state__in=(AllocationState.EXPIRED, AllocationState.REVOKED)
    )
    rows = here.filter(doomed | ended | Q(cancel_requested_at__isnull=False))
    found = rows.select_related("allocation").defer("script")
    asked = [job for job in found if _view_of(job, views) is not None]
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

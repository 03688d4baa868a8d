"""Letting held jobs start, after reading back that they are what was asked for."""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import datetime
from uuid import UUID

import structlog
from django.db.models import Q

from compute.models import Cluster, Job
from compute.slurm.errors import SlurmError
from compute.slurm.types import JobView
from compute.states import JobState
from compute.sync.calls import cancel_quietly, in_parallel
from compute.sync.connections import Connections
from compute.sync.identity import refuse, unwanted

log = structlog.get_logger(__name__)

AT_ONCE = 64  # noted together


def release(cluster: Cluster, clients: Connections, *, now: datetime) -> int:
    """Release what is held under its committed id; safe to repeat. Returns how many were."""
    jobs = _committed(cluster, clients)
    if not jobs:
        return 0
    views = {view.job_id: view for view in clients.any().jobs()}
    barred = set(
        Job.objects.filter(unwanted(), pk__in=[job.pk for job in jobs]).values_list(
            "pk", flat=True
        )
    )
    good = (job for job in jobs if _may_start(job, views, barred, clients, now))
    answers = in_parallel(
        lambda job: clients.of(job.allocation.unix_user).release(job.slurm_job_id or 0), good
    )
    told: list[Job] = []
    released = 0
    for job, answer in answers:
        if isinstance(answer, SlurmError):  # the next pass does it again
            log.warning("release_unanswered", job=str(job.pk), detail=answer.detail)
        elif job.state == JobState.KNOWN:
            told.append(job)
        if len(told) == AT_ONCE:
            released += len(Job.move_all(told, JobState.RELEASED, now=now))
            told = []
    return released + len(Job.move_all(told, JobState.RELEASED, now=now))


def _committed(cluster: Cluster, clients: Connections) -> list[Job]:
    """Known and released ones: an answer to a release is no proof that the hold is gone."""
    rows = Job.objects.filter(
        Q(state=JobState.KNOWN) | Q(state=JobState.RELEASED),
        cluster=cluster,
        slurm_job_id__isnull=False,
        allocation__unix_user__in=clients.users,
    )
    jobs = list(rows.select_related("allocation__pool").defer("script").order_by("submitted_at"))
    for job in jobs:
        clients.of(job.allocation.unix_user)  # opened before threads share it
    return jobs


def _may_start(
    job: Job,
    views: Mapping[int, JobView],
    barred: Container[UUID],
    clients: Connections,
    now: datetime,
) -> bool:
    view = views.get(job.slurm_job_id or 0)
    # Not visible yet, or gone, or the id is another job's by now: following decides.
    if view is None or view.name != job.token:
        return False
    if job.state == JobState.RELEASED and not (view.is_held and view.reason == "JobHeldUser"):
        return False
    if job.pk in barred:
        cancel_quietly(clients, view.user, view.job_id)
        return False
    if job.state == JobState.KNOWN and job.reason:  # handed over with problems, not cancelled yet
        refuse(job, job.reason, clients, now)
        return False
    asked = (job.allocation.slurm_account, job.allocation.unix_user, job.gpus, bool(job.array))
    seen = (view.account, view.user, view.gpus, bool(view.array_job_id))
    if asked != seen and view.is_held:
        refuse(job, f"NotAsAsked: {seen} instead of {asked}", clients, now)
    return asked == seen

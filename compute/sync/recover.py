"""Finding what became of submissions whose answer was lost: adopt, send again, or give up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db.models.functions import Now

from compute.models import Cluster, Job
from compute.slurm.types import JobView
from compute.states import FINAL, JobState
from compute.sync.calls import cancel_quietly
from compute.sync.connections import Connections
from compute.sync.identity import commit_id

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 5
TOKEN_PREFIX = "cesai-"  # noqa: S105 (a job's name is no secret)
STRAY_FOR = timedelta(hours=1)  # so long after a submission a second one of it may turn up


def recover(cluster: Cluster, clients: Connections, *, now: datetime) -> int:
    """Look up, by name, every job that was sent and not answered. Returns how many were found."""
    lost = list(
        Job.objects.filter(cluster=cluster, slurm_job_id=None)
        .filter(state__in=(JobState.SENDING, JobState.UNKNOWN))
        .filter(sent_at__lt=Now() - timedelta(seconds=2))
        .select_related("allocation__pool")
    )
    if not lost:
        return 0
    by_name: dict[str, list[JobView]] = {}
    for view in clients.any().jobs():
        by_name.setdefault(view.name, []).append(view)
    old = set(
        Job.objects.filter(pk__in=[job.pk for job in lost])
        .filter(sent_at__lt=Now() - timedelta(seconds=settings.RESEND_AFTER_SECONDS))
        .values_list("pk", flat=True)
    )
    found = 0
    for job in lost:
        job_id = _find(job, by_name.get(job.token, []), clients)
        if job_id is not None:
            found += commit_id(job, job_id, (), clients, now)
        elif job.pk in old:
            _give_up_or_send_again(job, now)
    return found


def may_have_strays(cluster: Cluster) -> bool:
    """Whether something was sent lately, so that a late copy of it may lie on the cluster."""
    return Job.objects.filter(cluster=cluster, sent_at__gt=Now() - STRAY_FOR).exists()


def reap(cluster: Cluster, views: Sequence[JobView], clients: Connections) -> int:
    """Cancel held jobs that can never be released: their intent has another id, or has ended.

    Never a running one, and never one whose intent we do not know: that is only reported, for it
    may stand in a newer database than ours.
    """
    held = {view.job_id: key for view in views if view.is_held and (key := _key_of(view.name))}
    known = Job.objects.filter(cluster=cluster, pk__in=set(held.values()))
    jobs = {job.pk: job for job in known.select_related("allocation")}
    strays = {
        view.job_id: jobs[held[view.job_id]]
        for view in views
        if view.job_id in held and _is_stray(view, jobs.get(held[view.job_id]), clients)
    }
    return sum(cancel_quietly(job, job_id, clients) for job_id, job in strays.items())


def _find(job: Job, views: Sequence[JobView], clients: Connections) -> int | None:
    """The Slurm job of this intent: by unique name, user and account. Clocks are not compared."""
    mine = (job.allocation.unix_user, job.allocation.slurm_account)
    seen = [view for view in views if (view.user, view.account) == mine]
    if seen:  # of several the one that can still run; the others are reaped
        return min(seen, key=lambda view: (not view.is_held, view.job_id)).job_id
    since = int(job.submitted_at.timestamp()) - 86400
    records = clients.any().records_named(job.token, since=since)
    ids = [record.job_id for record in records if (record.user, record.account) == mine]
    return min(ids, default=None)


def _give_up_or_send_again(job: Job, now: datetime) -> None:
    if job.state == JobState.UNKNOWN:
        if job.cancel_requested_at:  # should it turn up after all, it is held and will be reaped
            job.move_to(JobState.CANCELLED, now=now, ended_at=now)
    elif job.attempts >= MAX_ATTEMPTS:
        job.move_to(JobState.UNKNOWN, now=now, reason="AttemptsUnanswered")
    else:
        job.move_to(JobState.NEW, now=now, reason="AnswerLost")


def _key_of(name: str) -> UUID | None:
    """The intent whose token a job's name is."""
    try:
        return UUID(name.removeprefix(TOKEN_PREFIX)) if name.startswith(TOKEN_PREFIX) else None
    except ValueError:
        return None


def _is_stray(view: JobView, job: Job | None, clients: Connections) -> bool:
    if job is None:
        log.warning("held_job_without_intent", slurm_job=view.job_id, name=view.name)
        return False
    mine = (job.allocation.unix_user, job.allocation.slurm_account)
    if (view.user, view.account) != mine or view.user not in clients.users:
        return False
    return job.slurm_job_id != view.job_id if job.slurm_job_id else job.state in FINAL

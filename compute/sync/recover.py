"""Finding what became of submissions whose answer was lost: adopt, send again, or give up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db.models.functions import Now

from compute.models import Allocation, Cluster, Job
from compute.slurm.types import JobView
from compute.states import FINAL, Holds, JobState
from compute.sync.calls import cancel_quietly
from compute.sync.connections import Connections
from compute.sync.holds import is_probe
from compute.sync.identity import commit_id
from compute.sync.reconcile import note_orphans
from compute.sync.traces import canonical, key_of, of_record, of_view

log = structlog.get_logger(__name__)

STRAY_FOR = timedelta(hours=1)  # so long after a submission a second one of it may turn up
LISTED_FOR = timedelta(hours=24)  # a held job without intent, before it is cancelled


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
        .filter(sent_at__lt=Now() - _rests_for(cluster))
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


def _rests_for(cluster: Cluster) -> timedelta:
    """How long nothing is decided about an unanswered submission.

    Held, a copy that arrives late does no harm. Where holds are not kept it would run, so that
    the rest has to be longer than any call may be under way.
    """
    if cluster.health.holds == Holds.KEPT:
        return timedelta(seconds=settings.RESEND_AFTER_SECONDS)
    return timedelta(minutes=cluster.quarantine_minutes)


def may_have_strays(cluster: Cluster) -> bool:
    """Whether something may lie held on the cluster that nobody will release."""
    sent_lately = Job.objects.filter(cluster=cluster, sent_at__gt=Now() - STRAY_FOR)
    return sent_lately.exists() or cluster.orphans.filter(is_held=True).exists()


def reap(
    cluster: Cluster, views: Sequence[JobView], clients: Connections, *, now: datetime
) -> int:
    """Cancel held jobs that can never be released: their intent has another id, or has ended.

    Never a running one. One whose intent we do not know may stand in a newer database than ours:
    it is listed for a day first.
    """
    held = [(v, key) for v in views if v.is_held and (key := key_of(v.name))]
    known = Job.objects.filter(pk__in={key for _view, key in held})
    jobs = {job.pk: job for job in known.select_related("allocation").defer("script")}
    strays = [v for v, key in held if key in jobs and _is_stray(v, jobs[key], clients)]
    strays += [
        view for view in views if is_probe(view) and view.is_held and view.user in clients.users
    ]
    orphans = [view for view, key in held if key not in jobs]
    reaped = sum(cancel_quietly(clients, view.user, view.job_id) for view in strays)
    if orphans:
        note_orphans(cluster, map(of_view, orphans), now=now)
        reaped += _reap_orphans(cluster, orphans, clients, now)
    return reaped


def _reap_orphans(
    cluster: Cluster, views: Sequence[JobView], clients: Connections, now: datetime
) -> int:
    """Those of our accounts that were listed long enough."""
    listed = cluster.orphans.filter(first_seen_at__lte=now - LISTED_FOR)
    due = set(listed.values_list("slurm_job_id", "submit_time"))
    accounts = set(
        Allocation.objects.filter(pool__cluster=cluster).values_list("slurm_account", flat=True)
    )
    return sum(
        cancel_quietly(clients, view.user, view.job_id)
        for view in views
        if (view.job_id, view.submit_time) in due
        and view.account in accounts
        and view.user in clients.users
    )


def _find(job: Job, views: Sequence[JobView], clients: Connections) -> int | None:
    """The Slurm job of this intent; of several held ones the others are reaped."""
    seen = canonical(job, map(of_view, views))
    if seen is not None:
        return seen
    since = int(job.submitted_at.timestamp()) - 86400
    records = clients.any().records_named(job.token, since=since)
    return canonical(job, map(of_record, records))


def _give_up_or_send_again(job: Job, now: datetime) -> None:
    if job.state == JobState.UNKNOWN and job.cancel_requested_at:
        # Should it turn up after all, it is held and will be reaped.
        job.move_to(JobState.CANCELLED, now=now, ended_at=now)
    elif job.attempts < job.attempts_allowed:
        job.move_to(JobState.NEW, now=now, reason="AnswerLost")
    elif job.state != JobState.UNKNOWN:
        job.move_to(JobState.UNKNOWN, now=now, reason="AttemptsUnanswered")


def _is_stray(view: JobView, job: Job, clients: Connections) -> bool:
    if not of_view(view).is_of(job) or view.user not in clients.users:
        return False
    job_id = of_view(view).job_id
    return job.slurm_job_id != job_id if job.slurm_job_id else job.state in FINAL

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
from compute.sync.traces import Trace, canonical, of_record, of_view

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
    held = [of_view(view) for view in views if view.is_held]
    named = [trace for trace in held if trace.key]
    known = Job.objects.filter(pk__in={trace.key for trace in named})
    jobs = {job.pk: job for job in known.select_related("allocation").defer("script")}
    orphans = [trace for trace in named if trace.key not in jobs]
    doomed = [trace for trace in held if is_probe(trace)]
    doomed += [t for t in named if t.key in jobs and _is_stray(t, jobs[t.key])]
    doomed += _overdue(cluster, orphans, now)
    return sum(
        cancel_quietly(clients, trace.user, trace.job_id)
        for trace in doomed
        if trace.user in clients.users
    )


def _overdue(cluster: Cluster, orphans: Sequence[Trace], now: datetime) -> list[Trace]:
    """Those of our accounts that were listed long enough; first of all, list them."""
    note_orphans(cluster, orphans, now=now)
    here = [trace.job_id for trace in orphans]
    cluster.orphans.filter(is_held=True).exclude(slurm_job_id__in=here).update(is_held=False)
    listed = cluster.orphans.filter(is_held=True, first_seen_at__lte=now - LISTED_FOR)
    due = set(listed.values_list("slurm_job_id", "submit_time"))
    ours = Allocation.objects.filter(pool__cluster=cluster, slurm_account__in={
        trace.account for trace in orphans})  # fmt: skip
    accounts = set(ours.values_list("slurm_account", flat=True))
    return [
        trace
        for trace in orphans
        if (trace.job_id, trace.submit_time) in due and trace.account in accounts
    ]


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


def _is_stray(trace: Trace, job: Job) -> bool:
    if not trace.is_of(job):
        return False
    return job.slurm_job_id != trace.job_id if job.slurm_job_id else job.state in FINAL

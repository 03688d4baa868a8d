"""Which Slurm job is the one of an intent: decided once, by one guarded update."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from compute.models import Job
from compute.models.jobs import submitter_may
from compute.states import ENDED_ALLOCATIONS, SET_LIMITS, JobState, LimitState
from compute.sync.calls import cancel_quietly
from compute.sync.connections import Connections


def commit_id(
    job: Job, job_id: int, problems: Sequence[str], clients: Connections, now: datetime
) -> bool:
    """Make this Slurm job the canonical one, if none is; another held one can never start."""
    wrong = "; ".join(problems)
    if job.slurm_job_id is None and job.move_to(
        JobState.KNOWN, now=now, reason=wrong, slurm_job_id=job_id
    ):
        if wrong:
            refuse(job, wrong, clients, now)
        return True
    committed = Job.objects.values_list("slurm_job_id", flat=True).get(pk=job.pk)
    if committed not in (None, job_id):
        cancel_quietly(clients, job.allocation.unix_user, job_id)
    return False


def commit_ids(found: Sequence[tuple[Job, int]], clients: Connections, now: datetime) -> int:
    """The same for many jobs that came as they were asked for; how many got their id."""
    jobs = [job for job, _job_id in found]
    ids = [job_id for _job, job_id in found]
    done = {job.pk for job in Job.move_all(jobs, JobState.KNOWN, now=now, slurm_job_id=ids)}
    for job, job_id in found:
        if job.pk not in done:
            commit_id(job, job_id, (), clients, now)
    return len(done)


def refuse(job: Job, reason: str, clients: Connections, now: datetime) -> None:
    """Cancel the held job first: only when the cluster agreed is it final."""
    if cancel_quietly(clients, job.allocation.unix_user, job.slurm_job_id or 0):
        job.move_to(JobState.REFUSED, now=now, reason=reason, ended_at=now)


def unwanted() -> Q:
    """Jobs that shall not start any more.

    Cancelled by people, of an allocation that has ended, or of somebody who may no more submit.
    """
    ended = Q(allocation__state__in=ENDED_ALLOCATIONS)
    return ~Q(cancel_requested_at=None) | ended | ~submitter_may()


def permitted() -> Q:
    """Jobs whose allocation is in force on the cluster and not paused.

    One that was in force and waits for the site to change its limit still is: the portal itself
    reserves no more than is awarded.
    """
    once = Q(
        allocation__limit__state=LimitState.NEEDS_OPERATOR,
        allocation__limit__proven_gpu_minutes__isnull=False,
    )
    return (Q(allocation__limit__state__in=SET_LIMITS) | once) & Q(allocation__paused_at=None)

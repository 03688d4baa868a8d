"""Handing jobs over so that one intent runs at most once: submit held, commit the id, release it.

slurmrestd has no idempotency, and "look up, then retry" runs jobs twice (measured). A held job
cannot start; which one may is decided by one guarded update of `slurm_job_id`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from compute.models import Cluster, Job, JobMove
from compute.slurm.errors import (
    CredentialRejected,
    NotReached,
    RefusedByCluster,
    SlurmError,
)
from compute.slurm.types import JobDescription, JobView, Submitted
from compute.states import NOT_HANDED_OVER, JobState, LimitState, Waiting
from compute.sync.connections import Connections

log = structlog.get_logger(__name__)

BATCH = 64
PARALLEL = 16
MAX_ATTEMPTS = 5
T = TypeVar("T")


def dispatch(cluster: Cluster, clients: Connections, *, now: datetime) -> dict[str, int]:
    """One round for a cluster that answers: recover, claim, submit, commit, verify, release."""
    drop_cancelled(cluster, now=now)
    _say_what_is_missing(cluster, clients, now)
    recovered = _recover(cluster, clients, now)
    claimed = _claim(cluster, clients, now)
    sent = _send(claimed, clients, now)
    released = _release(cluster, clients, now)
    return {"recovered": recovered, "sent": sent, "released": released}


def drop_cancelled(cluster: Cluster, *, now: datetime) -> None:
    """End what was never handed over and shall not be any more; needs no cluster."""
    rows = Job.objects.filter(cluster=cluster, state__in=NOT_HANDED_OVER).select_related(
        "allocation"
    )
    for job in rows.filter(_unwanted()):
        job.move_to(JobState.CANCELLED, now=now, reason=_why_unwanted(job), waiting_for="")


def wait_for_cluster(cluster: Cluster) -> None:
    """Note on every job that was not handed over yet that the cluster does not answer."""
    rows = Job.objects.filter(cluster=cluster, state=JobState.NEW)
    rows.exclude(waiting_for=Waiting.CLUSTER).update(waiting_for=Waiting.CLUSTER)


def in_parallel(
    call: Callable[[Job], T], jobs: Sequence[Job]
) -> Iterable[tuple[Job, T | SlurmError]]:
    """Each job's answer or error, as they come; the calls touch no database."""

    def one(job: Job) -> tuple[Job, T | SlurmError]:
        try:
            return job, call(job)
        except SlurmError as error:
            return job, error

    if len(jobs) < 2:
        return [one(job) for job in jobs]
    with ThreadPoolExecutor(max_workers=min(PARALLEL, len(jobs))) as pool:
        return list(pool.map(one, jobs))


def _unwanted() -> Q:
    return ~Q(cancel_requested_at=None) | Q(allocation__state__in=("expired", "revoked"))


def _why_unwanted(job: Job) -> str:
    return "" if job.cancel_requested_at else "AllocationEnded"


def _say_what_is_missing(cluster: Cluster, clients: Connections, now: datetime) -> None:
    waiting = Job.objects.filter(cluster=cluster, state=JobState.NEW)
    in_force = Q(allocation__limit__state=LimitState.IN_FORCE)
    limitless = waiting.exclude(in_force).exclude(waiting_for=Waiting.LIMIT)
    Job.objects.filter(pk__in=limitless.values("pk")).update(waiting_for=Waiting.LIMIT)
    has_token = Q(allocation__unix_user__in=clients.users)
    for job in waiting.filter(in_force).exclude(has_token):
        job.move_to(JobState.BLOCKED, now=now, waiting_for=Waiting.CREDENTIAL)
    for job in Job.objects.filter(has_token, cluster=cluster, state=JobState.BLOCKED):
        job.move_to(JobState.NEW, now=now, waiting_for="")


def _claim(cluster: Cluster, clients: Connections, now: datetime) -> list[Job]:
    with transaction.atomic():
        ready = (
            Job.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("allocation__pool")
            .filter(
                Q(retry_at=None) | Q(retry_at__lte=Now()),
                cluster=cluster,
                state=JobState.NEW,
                allocation__limit__state=LimitState.IN_FORCE,
                allocation__unix_user__in=clients.users,
            )
            .exclude(_unwanted())
            .order_by("submitted_at")
        )
        jobs = list(ready[:BATCH])
        Job.objects.filter(pk__in=[job.pk for job in jobs]).update(
            state=JobState.SENDING, attempts=F("attempts") + 1, sent_at=Now(), waiting_for=""
        )
        JobMove.objects.bulk_create(
            JobMove(job=job, at=now, from_state=JobState.NEW, to_state=JobState.SENDING)
            for job in jobs
        )
    for job in jobs:
        job.state = JobState.SENDING
        job.attempts += 1
    return jobs


def _send(jobs: Sequence[Job], clients: Connections, now: datetime) -> int:
    for user in {job.allocation.unix_user for job in jobs}:
        clients.of(user)  # opened before the threads share it
    answers = in_parallel(
        lambda job: clients.of(job.allocation.unix_user).submit_held(_describe(job)), jobs
    )
    return sum(_take_answer(job, answer, clients, now) for job, answer in answers)


def _take_answer(
    job: Job, answer: Submitted | SlurmError, clients: Connections, now: datetime
) -> bool:
    match answer:
        case Submitted(job_id=job_id, problems=problems):
            return _commit_id(job, job_id, problems, clients, now)
        case RefusedByCluster():
            job.move_to(JobState.REFUSED, now=now, reason=answer.detail, ended_at=now)
        case CredentialRejected():
            job.move_to(
                JobState.BLOCKED, now=now, reason=answer.detail, waiting_for=Waiting.CREDENTIAL
            )
        case NotReached():
            job.move_to(
                JobState.NEW,
                now=now,
                reason=answer.detail,
                waiting_for=Waiting.CLUSTER,
                retry_at=Now() + timedelta(seconds=5),
            )
        case _:  # it may exist: stays SENDING until it is found, or surely is not there
            log.warning("submission_unanswered", job=str(job.pk), detail=answer.detail)
    return False


def _commit_id(
    job: Job, job_id: int, problems: Sequence[str], clients: Connections, now: datetime
) -> bool:
    """Make this Slurm job the canonical one, if none is; another held one can never start."""
    if job.slurm_job_id is None and job.move_to(JobState.KNOWN, now=now, slurm_job_id=job_id):
        if problems:
            _refuse(job, "; ".join(problems), clients, now)
        return True
    committed = Job.objects.values_list("slurm_job_id", flat=True).get(pk=job.pk)
    if committed not in (None, job_id):
        _cancel_quietly(job, job_id, clients)
    return False


def _recover(cluster: Cluster, clients: Connections, now: datetime) -> int:
    """Find what became of submissions whose answer was lost; adopt, send again, or give up."""
    lost = list(
        Job.objects.filter(cluster=cluster, state=JobState.SENDING)
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
            found += _commit_id(job, job_id, (), clients, now)
        elif job.pk in old:
            _send_again(job, now)
    return found


def _find(job: Job, views: Sequence[JobView], clients: Connections) -> int | None:
    """The Slurm job of this intent: by unique name, user and account. Clocks are not compared."""
    mine = (job.allocation.unix_user, job.allocation.slurm_account)
    ids = [view.job_id for view in views if (view.user, view.account) == mine]
    if not ids:
        since = int(job.submitted_at.timestamp()) - 86400
        records = clients.any().records_named(job.token, since=since)
        ids = [record.job_id for record in records if (record.user, record.account) == mine]
    return min(ids, default=None)


def _send_again(job: Job, now: datetime) -> None:
    if job.attempts >= MAX_ATTEMPTS:
        job.move_to(JobState.UNKNOWN, now=now, reason="AttemptsUnanswered")
    else:
        job.move_to(JobState.NEW, now=now, reason="AnswerLost")


def _release(cluster: Cluster, clients: Connections, now: datetime) -> int:
    """Release what is held under its committed id, after reading back that it is what was asked."""
    known = Job.objects.filter(cluster=cluster, state=JobState.KNOWN, slurm_job_id__isnull=False)
    jobs = [
        job
        for job in known.select_related("allocation__pool").order_by("submitted_at")
        if job.allocation.unix_user in clients.users
    ]
    if not jobs:
        return 0
    views = {view.job_id: view for view in clients.any().jobs()}
    good = [
        job for job in jobs if _is_as_asked(job, views.get(job.slurm_job_id or 0), clients, now)
    ]
    answers = in_parallel(
        lambda job: clients.of(job.allocation.unix_user).release(job.slurm_job_id or 0), good
    )
    released = 0
    for job, answer in answers:
        if isinstance(answer, SlurmError):  # safe to repeat: the next pass does
            log.warning("release_unanswered", job=str(job.pk), detail=answer.detail)
        else:
            released += job.move_to(JobState.RELEASED, now=now)
    return released


def _is_as_asked(job: Job, view: JobView | None, clients: Connections, now: datetime) -> bool:
    if view is None:  # not visible yet, or gone: following decides from the accounting
        return False
    if _is_unwanted_now(job):
        _cancel_quietly(job, view.job_id, clients)
        return False
    asked = (job.token, job.allocation.slurm_account, job.allocation.unix_user, job.gpus)
    seen = (view.name, view.account, view.user, view.gpus)
    if asked != seen:
        _refuse(job, f"NotAsAsked: {seen} instead of {asked}", clients, now)
        return False
    return True


def _is_unwanted_now(job: Job) -> bool:
    return Job.objects.filter(_unwanted(), pk=job.pk).exists()


def _refuse(job: Job, reason: str, clients: Connections, now: datetime) -> None:
    """Cancel the held job first: only when the cluster agreed is it final."""
    if _cancel_quietly(job, job.slurm_job_id or 0, clients):
        job.move_to(JobState.REFUSED, now=now, reason=reason, ended_at=now)


def _cancel_quietly(job: Job, job_id: int, clients: Connections) -> bool:
    try:
        clients.of(job.allocation.unix_user).cancel(job_id)
    except SlurmError as error:
        log.warning("cancel_unanswered", job=str(job.pk), slurm_job=job_id, detail=error.detail)
        return False
    return True


def _describe(job: Job) -> JobDescription:
    options = job.options
    return JobDescription(
        name=job.token,
        script=job.script,
        account=job.allocation.slurm_account,
        partition=job.allocation.pool.partition,
        working_directory=job.working_directory,
        environment={"PATH": "/usr/local/bin:/usr/bin:/bin", **job.environment},
        minutes=job.minutes,
        nodes=job.nodes,
        gpus_per_node=job.gpus // job.nodes,
        gpu_type=options.get("gpu_type", ""),
        tasks=options.get("tasks", 1),
        cpus_per_task=options.get("cpus_per_task", 1),
        memory_mb_per_node=options.get("memory_mb_per_node", 0),
        output=options.get("output", ""),
        error=options.get("error", ""),
        requeue=options.get("requeue", False),
    )

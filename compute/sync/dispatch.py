"""Handing jobs over so that one intent runs at most once: submit held, commit the id, release it.

slurmrestd has no idempotency, and "look up, then retry" runs jobs twice (measured). A held job
cannot start; which one may is decided by one guarded update of `slurm_job_id`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now

from compute.models import Cluster, Credential, Job, JobMove
from compute.slurm.errors import (
    CredentialRejected,
    NotReached,
    RefusedByCluster,
    SlurmError,
)
from compute.slurm.types import JobDescription, Submitted
from compute.states import ENDED_ALLOCATIONS, NOT_HANDED_OVER, JobState, Waiting
from compute.sync.calls import in_parallel
from compute.sync.connections import Connections
from compute.sync.holds import prove_holds
from compute.sync.identity import commit_id, commit_ids, permitted, unwanted
from compute.sync.recover import recover
from compute.sync.release import release

log = structlog.get_logger(__name__)

BATCH = 64  # jobs claimed at once, and ids committed at once
ROUND = 512  # jobs handed over between two looks at the cluster's list
ENOUGH_SECONDS = 45  # then the pass goes on: what runs wants to be followed, too
UNREACHED_AGAIN_AFTER = timedelta(seconds=5)
REJECTED_AGAIN_AFTER = timedelta(seconds=60)


def dispatch(cluster: Cluster, clients: Connections, *, now: datetime) -> dict[str, int]:
    """One round for a cluster that answers: recover, claim, submit, commit, verify, release."""
    drop_unwanted(cluster, now=now)
    note_credentials(cluster, clients, now=now)
    _note_limits(cluster)
    prove_holds(cluster, clients, now=now)
    done = {"recovered": recover(cluster, clients, now=now), "sent": 0, "released": 0}
    until = time.monotonic() + ENOUGH_SECONDS
    while True:
        claimed = _Claims(cluster, clients, now)
        done["sent"] += _send(claimed, clients, now)
        done["released"] += release(cluster, clients, now=now)
        if claimed.is_all or clients.are_silent or time.monotonic() > until:
            return done


def drop_unwanted(cluster: Cluster, *, now: datetime) -> None:
    """End what was never handed over and shall not be any more; needs no cluster."""
    rows = Job.objects.filter(unwanted(), cluster=cluster, state__in=NOT_HANDED_OVER)
    for job in rows.select_related("allocation"):
        if job.cancel_requested_at:
            reason = ""  # people know why
        elif job.allocation.state in ENDED_ALLOCATIONS:
            reason = "AllocationEnded"
        else:
            reason = "SubmitterGone"
        job.move_to(JobState.CANCELLED, now=now, reason=reason, waiting_for="", ended_at=now)


def note_credentials(cluster: Cluster, clients: Connections, *, now: datetime) -> None:
    """Block what has no usable token, take up again what has one; needs no cluster.

    After a token was rejected its job tries again with a fresh one, or in a minute.
    """
    jobs = Job.objects.filter(cluster=cluster)
    has_token = Q(allocation__unix_user__in=clients.users)
    for job in jobs.filter(permitted(), state=JobState.NEW).exclude(has_token):
        job.move_to(JobState.BLOCKED, now=now, waiting_for=Waiting.CREDENTIAL)
    fresh = Credential.objects.filter(
        cluster=cluster,
        unix_user=OuterRef("allocation__unix_user"),
        delivered_at__gt=OuterRef("sent_at"),
    )
    due = Q(retry_at=None) | Q(retry_at__lte=Now()) | Exists(fresh)
    for job in jobs.filter(has_token, due, state=JobState.BLOCKED):
        job.move_to(JobState.NEW, now=now, waiting_for="", retry_at=None)


def wait_for(what: Waiting, cluster: Cluster) -> None:
    """Note on every job that was not handed over yet what it waits for."""
    rows = Job.objects.filter(cluster=cluster, state=JobState.NEW)
    rows.exclude(waiting_for=what).update(waiting_for=what)


def _note_limits(cluster: Cluster) -> None:
    waiting = Job.objects.filter(cluster=cluster, state=JobState.NEW).exclude(permitted())
    is_paused = ~Q(allocation__paused_at=None)
    for what, which in ((Waiting.PAUSE, is_paused), (Waiting.LIMIT, ~is_paused)):
        rows = waiting.filter(which).exclude(waiting_for=what)
        Job.objects.filter(pk__in=rows.values("pk")).update(waiting_for=what)


def _claim(cluster: Cluster, clients: Connections, now: datetime) -> list[Job]:
    with transaction.atomic():
        ready = (
            Job.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("allocation__pool")
            .filter(
                Q(retry_at=None) | Q(retry_at__lte=Now()),
                permitted(),
                cluster=cluster,
                state=JobState.NEW,
                allocation__unix_user__in=clients.users,
            )
            .exclude(unwanted())
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
        clients.of(job.allocation.unix_user)  # opened before threads share it
    return jobs


class _Claims:
    """Jobs as they are claimed, batch after batch, one round of them."""

    def __init__(self, cluster: Cluster, clients: Connections, now: datetime) -> None:
        self._clients = clients
        self._claim = partial(_claim, cluster, clients, now)
        self.is_all = False

    def __iter__(self) -> Iterator[Job]:
        for _batch in range(ROUND // BATCH):
            jobs = self._claim()
            yield from jobs
            if len(jobs) < BATCH:
                self.is_all = True
                return
            if self._clients.are_silent:
                return


def _send(claimed: Iterable[Job], clients: Connections, now: datetime) -> int:
    """Submit held and commit the ids; the next are under way while those of others are kept."""
    done = 0
    good: list[tuple[Job, int]] = []
    answers = in_parallel(
        lambda job: clients.of(job.allocation.unix_user).submit_held(_describe(job)), claimed
    )
    for job, answer in answers:
        if isinstance(answer, Submitted) and not answer.problems:
            good.append((job, answer.job_id))
        else:
            done += _take_answer(job, answer, clients, now)
        if len(good) == BATCH:
            done += commit_ids(good, clients, now)
            good = []
    return done + commit_ids(good, clients, now)


def _take_answer(
    job: Job, answer: Submitted | SlurmError, clients: Connections, now: datetime
) -> bool:
    # After a pause another pass may have sent it again: this answer is not about that attempt.
    mine = {"attempts": job.attempts}
    match answer:
        case Submitted(job_id=job_id, problems=problems):
            return commit_id(job, job_id, problems, clients, now)
        case RefusedByCluster():
            job.move_to(
                JobState.REFUSED, now=now, reason=answer.detail, only_if=mine, ended_at=now
            )
        case CredentialRejected():
            job.move_to(
                JobState.BLOCKED,
                now=now,
                reason=answer.detail,
                only_if=mine,
                waiting_for=Waiting.CREDENTIAL,
                attempts=job.attempts - 1,  # only unanswered ones count
                retry_at=Now() + REJECTED_AGAIN_AFTER,
            )
        case NotReached():
            job.move_to(
                JobState.NEW,
                now=now,
                reason=answer.detail,
                only_if=mine,
                waiting_for=Waiting.CLUSTER,
                attempts=job.attempts - 1,
                retry_at=Now() + UNREACHED_AGAIN_AFTER,
            )
        case _:  # it may exist: stays SENDING until it is found, or surely is not there
            log.warning("submission_unanswered", job=str(job.pk), detail=answer.detail)
    return False


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
        array=job.array,
    )

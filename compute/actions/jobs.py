"""Submitting and cancelling jobs: the intent; the clusters are told by sync."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from compute.actions.job_specs import JobSpec, check_spec
from compute.errors import OverBalance
from compute.models import Allocation, Balance, Cluster, Job, LedgerEntry, TemplateVersion
from compute.models.jobs import ATTEMPTS
from compute.models.ledger import NotEnough, post
from compute.quota import gpu_hours, longest_minutes
from compute.states import JobState
from projects.doorbell import ring
from projects.errors import Conflict
from projects.models import User
from projects.models.events import record_event
from registry.models import Version


@transaction.atomic
def submit_job(
    *,
    by: User,
    allocation: Allocation,
    spec: JobSpec,
    version: Version | None = None,
    template: TemplateVersion | None = None,
    now: datetime,
) -> Job:
    """Accept an intent to run a script once, and reserve what it may use at most.

    Raises Invalid for a description that cannot run there, OverBalance if the reservation does
    not fit, Conflict for an allocation that has ended or a cluster that takes no jobs.
    """
    _check_open(allocation, now)
    check_spec(spec, allocation)
    job = Job(
        name=spec.name,
        project=allocation.project,
        allocation=allocation,
        cluster=allocation.pool.cluster,
        version=version,
        template=template,
        submitted_by=by,
        submitted_at=now,
        script=spec.script,
        array_tasks=spec.array_tasks,
        gpus=spec.gpus,
        nodes=spec.nodes,
        minutes=spec.minutes,
        options=spec.options,
        environment=spec.environment,
        working_directory=spec.working_directory,
    )
    job.reserved_gpu_seconds = job.reserves()
    job.save(force_insert=True)
    job.moves.create(at=now, to_state=JobState.NEW, by=by)
    _reserve(job, by, now)
    record_event(by=by, kind="submit_job", about=job, project=allocation.project, now=now)
    ring("compute.sync_cluster", job.cluster.slug)
    return job


@transaction.atomic
def cancel_job(*, by: User, job: Job, reason: str = "", now: datetime) -> None:
    """Ask for a job's end; the cluster is told next. Asking twice is asking once.

    Raises Conflict if it has ended.
    """
    asked = Job.objects.live().filter(pk=job.pk, cancel_requested_at=None)
    if asked.update(cancel_requested_at=now, cancel_requested_by=by):
        job.cancel_requested_at = now
        record_event(
            by=by, kind="cancel_job", about=job, project=job.project, now=now, reason=reason
        )
        ring("compute.sync_cluster", job.cluster.slug)
        return
    job.refresh_from_db(fields=["state", "cancel_requested_at"])
    if job.is_final:
        raise Conflict(
            _("The job has ended already (%(state)s).") % {"state": job.get_state_display()}
        )


@transaction.atomic
def send_again(*, by: User, job: Job, now: datetime) -> None:
    """Let a job be handed over again of which the cluster said nothing; what the operator decides.

    A copy that was lost on the way cannot start where holds are kept: only the one whose id is
    committed is ever released. Raises Conflict for a job that is not in the operator's hands.
    """
    rows = Job.objects.filter(pk=job.pk, state=JobState.UNKNOWN, cancel_requested_at=None)
    if not rows.filter(attempts_allowed__lte=F("attempts")).update(
        attempts_allowed=F("attempts") + ATTEMPTS
    ):
        raise Conflict(_("Nothing is to be decided about this job any more."))
    job.refresh_from_db(fields=["attempts_allowed"])
    record_event(by=by, kind="send_again", about=job, project=job.project, now=now)
    ring("compute.sync_cluster", job.cluster.slug)


def _check_open(allocation: Allocation, now: datetime) -> None:
    cluster = allocation.pool.cluster
    if allocation.has_ended or allocation.end <= now.astimezone(UTC).date():
        raise Conflict(
            _("This allocation ended on %(day)s; jobs cannot be submitted under it any more.")
            % {"day": allocation.end}
        )
    if allocation.paused_at is not None:
        raise Conflict(
            _("This allocation is paused: %(why)s Ask who paused it; submit when it goes on.")
            % {"why": allocation.pause_reason}
        )
    if not allocation.is_open(now):
        raise Conflict(
            _("This allocation begins on %(day)s; submit from then on.")
            % {"day": allocation.start}
        )
    if cluster.connection != Cluster.Connection.RUN:
        raise Conflict(
            _("The portal does not submit to %(cluster)s; use the site's own way there.")
            % {"cluster": cluster}
        )


def _reserve(job: Job, by: User, now: datetime) -> None:
    try:
        post(
            allocation_id=job.allocation_id,
            kind=LedgerEntry.Kind.RESERVE,
            debit=LedgerEntry.Account.AVAILABLE,
            credit=LedgerEntry.Account.RESERVED,
            gpu_seconds=job.reserved_gpu_seconds,
            source_key=f"reserve:{job.pk}",
            job=job,
            actor=by,
            at=now,
        )
    except NotEnough as error:
        raise _over_balance(job) from error


def _over_balance(job: Job) -> OverBalance:
    available = Balance.objects.values_list("available", flat=True).get(pk=job.allocation_id)
    gpus = job.gpus * job.array_tasks
    fits = longest_minutes(available=available, gpus=gpus)
    values = {
        "gpus": gpus,
        "hours": gpu_hours(job.minutes * 60),
        "asked": gpu_hours(job.reserved_gpu_seconds),
        "free": gpu_hours(max(available, 0)),
        "longest": _("%(h)s h %(m)02d min") % {"h": fits // 60, "m": fits % 60},
    }
    if not fits:
        return OverBalance(
            _(
                "Not accepted: %(gpus)s GPUs × %(hours)s h reserve %(asked)s GPU-h; %(free)s are "
                "free. Request a supplement."
            )
            % values
        )
    return OverBalance(
        _(
            "Not accepted: %(gpus)s GPUs × %(hours)s h reserve %(asked)s GPU-h; %(free)s are "
            "free. Time limit at most %(longest)s, or request a supplement."
        )
        % values
    )

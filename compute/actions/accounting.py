"""Deciding what becomes of a difference that the weekly comparison of accounting found."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from compute.models import AccountingDifference, UsageRecord
from compute.models.ledger import NotEnough, adjust_use
from projects.access import belongs_to
from projects.errors import Conflict, Invalid, NotAllowed
from projects.models import User
from projects.models.events import record_event


@transaction.atomic
def correct_difference(
    *, by: User, difference: AccountingDifference, reason: str, now: datetime
) -> None:
    """Book what the cluster says, by a reversing or an added row of the ledger.

    Raises NotAllowed for one's own project, Invalid without a reason, Conflict if it is made good
    already, or of a job that has no end there yet.
    """
    allocation = difference.allocation
    if belongs_to(by, allocation.project):
        raise NotAllowed(_("Nobody corrects what is booked to their own project."))
    if not reason.strip():
        sentence = _("Say why the cluster is right.")
        raise Invalid(sentence, fields={"reason": [sentence]})
    if difference.kind == AccountingDifference.Kind.RUNAWAY:
        raise Conflict(_("This job has no end on the cluster; its operators end it there."))
    _make_good(by, difference, reason, now)
    record_event(
        by=by,
        kind="correct_difference",
        about=allocation,
        project=allocation.project,
        now=now,
        reason=reason,
        changes={
            "gpu_seconds": [difference.booked_gpu_seconds, difference.said_gpu_seconds],
        },
    )


def _make_good(by: User, difference: AccountingDifference, reason: str, now: datetime) -> None:
    """Once: the difference, the ledger and the record say the same afterwards."""
    amount = -difference.difference
    decided = {"corrected_at": now, "corrected_by": by, "correction_reason": reason}
    rows = AccountingDifference.objects.filter(pk=difference.pk, gone_at=None)
    if not rows.update(gone_at=now, correction=amount, **decided):
        raise Conflict(_("This difference is made good already."))
    try:
        adjust_use(
            allocation_id=difference.allocation_id,
            gpu_seconds=amount,
            source_key=f"correct:{difference.pk}",
            at=now,
            actor=by,
        )
    except NotEnough as error:  # the caller's transaction ends with it
        sentence = _("Less is booked than this would take back; compare again first.")
        raise Conflict(sentence) from error
    UsageRecord.objects.filter(
        cluster=difference.cluster_id,
        slurm_job_id=difference.slurm_job_id,
        submit_time=difference.submit_time,
        restarts=difference.restarts,
    ).update(gpu_seconds=difference.said_gpu_seconds)

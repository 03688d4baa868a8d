"""What people decide about an allocation in force: pause it, return hours of it, end it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q, Sum
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from compute.errors import OverBalance
from compute.models import (
    Allocation,
    AwardLine,
    Balance,
    CapacityMonth,
    CapacityReturn,
    LedgerEntry,
    Limit,
    Request,
)
from compute.models.ledger import NotEnough, post
from compute.quota import gpu_hours, gpu_minutes, month_of
from compute.states import AllocationState
from projects.access import belongs_to
from projects.actions.notices import tell
from projects.doorbell import ring
from projects.errors import Conflict, Invalid, NotAllowed
from projects.models import User
from projects.models.events import record_event
from projects.models.notices import leads_of
from projects.notices import NoticeKind

Kind = Request.Kind


@transaction.atomic
def pause_allocation(*, by: User, allocation: Allocation, reason: str, now: datetime) -> None:
    """Let nobody submit under it, here and on the cluster; what is there already goes on.

    Raises Invalid without a reason, Conflict if it is paused already or has ended.
    """
    _need_reason(reason)
    _check_current(allocation)
    rows = Allocation.objects.current().filter(pk=allocation.pk, paused_at=None)
    if not rows.update(paused_at=now, paused_by=by, pause_reason=reason):
        raise Conflict(_("This allocation is paused already."))
    _record(by, "pause_allocation", allocation, now, reason=reason)
    _tell(NoticeKind.ALLOCATION_PAUSED, allocation, by, now)


@transaction.atomic
def resume_allocation(*, by: User, allocation: Allocation, now: datetime) -> None:
    """End a pause. Raises Conflict if there is none."""
    _check_current(allocation)
    rows = Allocation.objects.filter(pk=allocation.pk).exclude(paused_at=None)
    if not rows.update(paused_at=None, paused_by=None, pause_reason=""):
        raise Conflict(_("This allocation is not paused."))
    _record(by, "resume_allocation", allocation, now)
    _tell(NoticeKind.ALLOCATION_RESUMED, allocation, by, now)


@transaction.atomic
def return_hours(
    *, by: User, allocation: Allocation, gpu_seconds: int, reason: str, now: datetime
) -> None:
    """Give unspent GPU-seconds back to the pool, of this month and later ones.

    The limit on the cluster follows. Raises OverBalance for more than is available (reserved is
    not), Invalid without a reason, Conflict if it has ended.
    """
    if not allocation.is_of_own_pool:
        raise Conflict(_("Another board awarded these GPU-hours; return them to that board."))
    _need_reason(reason)
    lock(allocation)
    _check_current(allocation)
    give_back(by, allocation, gpu_seconds, now=now)
    changes = {"gpu_seconds": [gpu_seconds, 0]}
    _record(by, "return_hours", allocation, now, reason=reason, changes=changes)
    _tell(NoticeKind.HOURS_RETURNED, allocation, by, now, hours=gpu_seconds / 3600)


@transaction.atomic
def end_allocation(*, by: User, allocation: Allocation, reason: str, now: datetime) -> None:
    """End it before its time: waiting jobs are cancelled, running ones finish and book to it.

    Raises NotAllowed for one's own project, Invalid without a reason, Conflict if it has ended.
    """
    if belongs_to(by, allocation.project):
        raise NotAllowed(_("Nobody decides on an allocation of their own project."))
    close_allocation(by=by, allocation=allocation, reason=reason, now=now)


@transaction.atomic
def close_allocation(*, by: User, allocation: Allocation, reason: str, now: datetime) -> None:
    """End it, whoever decides: what is available returns at once, the rest as its jobs end."""
    _need_reason(reason)
    lock(allocation)
    _check_current(allocation)
    left = Balance.objects.values_list("available", flat=True).get(allocation=allocation)
    if left > 0:
        give_back(by, allocation, left, now=now)
    allocation.move_to(AllocationState.REVOKED, now=now, by=by, reason=reason)
    _record(by, "end_allocation", allocation, now, reason=reason)
    _tell(NoticeKind.ALLOCATION_ENDED, allocation, by, now)


def give_back(by: User, allocation: Allocation, gpu_seconds: int, *, now: datetime) -> None:
    """Book GPU-seconds back to the pool, in the caller's transaction; the limit follows.

    Raises OverBalance for more than is available.
    """
    try:
        with transaction.atomic():
            post(
                allocation_id=allocation.pk,
                kind=LedgerEntry.Kind.RETURN,
                debit=LedgerEntry.Account.AVAILABLE,
                credit=LedgerEntry.Account.ISSUED,
                gpu_seconds=gpu_seconds,
                source_key=f"return:{allocation.pk}:{now.isoformat()}",
                at=now,
                actor=by,
            )
    except NotEnough as error:
        free = Balance.objects.values_list("available", flat=True).get(allocation=allocation)
        raise OverBalance(
            _("Only %(free)s GPU-h are unspent and not reserved; return at most that.")
            % {"free": gpu_hours(max(free, 0))}
        ) from error
    free_capacity(allocation, gpu_seconds, now=now)
    limits = Limit.objects.filter(allocation=allocation)
    limits.update(desired_gpu_minutes=gpu_minutes(_still_granted(allocation)))


def free_capacity(allocation: Allocation, gpu_seconds: int, *, now: datetime) -> None:
    """Let others be awarded what the allocation held of its last months.

    What months before this one offered has passed: that part is freed nowhere.
    """
    if not allocation.is_of_own_pool:
        return
    held = months_held(allocation)
    this_month = month_of(now.astimezone(UTC).date())
    freed: dict[date, int] = {}
    for month in sorted((m for m in held if m >= this_month), reverse=True):
        amount = min(gpu_seconds - sum(freed.values()), held[month])
        if amount > 0:
            freed[month] = amount
    for month in sorted(freed):  # as awards take them, so that nothing waits in a circle
        CapacityReturn.objects.create(
            allocation=allocation, month=month, gpu_seconds=freed[month], at=now
        )
        rows = CapacityMonth.objects.filter(pool=allocation.pool_id, month=month)
        rows.update(granted=F("granted") - freed[month])


def months_held(allocation: Allocation) -> dict[date, int]:
    """GPU-seconds of each month's capacity that the allocation holds."""
    extends = Q(line__request__allocation=allocation, line__request__kind=Kind.EXTENSION)
    lines = AwardLine.objects.filter(Q(line__allocation=allocation) | extends).order_by()
    held = dict(lines.values_list("month").annotate(total=Sum("gpu_seconds")))
    returns = CapacityReturn.objects.filter(allocation=allocation)
    for month, amount in returns.values_list("month", "gpu_seconds"):
        held[month] -= amount
    return held


def _still_granted(allocation: Allocation) -> int:
    """What was granted less what was returned: the account's GrpTRESMins counts its whole life."""
    kinds = (LedgerEntry.Kind.GRANT, LedgerEntry.Kind.RETURN)
    entries = LedgerEntry.objects.filter(allocation=allocation, kind__in=kinds)
    totals: dict[str, int] = dict(
        entries.order_by().values_list("kind").annotate(total=Sum("gpu_seconds"))
    )
    return totals.get(kinds[0], 0) - totals.get(kinds[1], 0)


def lock(allocation: Allocation) -> None:
    """Keep its state until the end of the transaction, and read it."""
    locked = Allocation.objects.select_for_update(no_key=True)
    allocation.state = locked.values_list("state", flat=True).get(pk=allocation.pk)


def _check_current(allocation: Allocation) -> None:
    if allocation.has_ended:
        raise Conflict(_("This allocation has ended."))


def _need_reason(reason: str) -> None:
    if not reason.strip():
        sentence = _("Give the project a reason.")
        raise Invalid(sentence, fields={"reason": [sentence]})


def _record(by: User, kind: str, allocation: Allocation, now: datetime, **what: Any) -> None:
    record_event(by=by, kind=kind, about=allocation, project=allocation.project, now=now, **what)
    ring("compute.sync_cluster", allocation.pool.cluster.slug)


def _tell(
    kind: NoticeKind, allocation: Allocation, by: User, now: datetime, **params: object
) -> None:
    tell(
        users=leads_of(allocation.project.lead_group),
        kind=kind,
        path=reverse("allocation", args=[allocation.pk]),
        params={"project": allocation.project.title, "pool": allocation.pool.name, **params},
        now=now,
        by=by,
    )

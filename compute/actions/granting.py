"""Carrying an award out: capacity, allocations, the ledger and the limit to be set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from compute.actions.allocations import close_allocation, free_capacity, give_back, lock
from compute.errors import OverCapacity
from compute.models import (
    Allocation,
    AwardLine,
    Balance,
    CapacityMonth,
    LedgerEntry,
    Limit,
    Pool,
    Request,
    RequestLine,
    Reserve,
)
from compute.models.allocations import ACCOUNT_PREFIX
from compute.models.ledger import post
from compute.quota import gpu_hours, gpu_minutes
from compute.states import AllocationState
from projects.errors import Conflict
from projects.models import User

Kind = Request.Kind


@dataclass(frozen=True, slots=True)
class Grant:
    """What a line is to get: an amount, and how it lies in months if not by days."""

    line: RequestLine
    gpu_seconds: int
    months: Mapping[date, int] | None = None


Plan = list[tuple[Grant, Mapping[date, int]]]


def carry_out(
    by: User, request: Request, plan: Plan, reason: str, *, now: datetime
) -> list[Allocation]:
    """Do what the request's kind means, in the caller's transaction; the new allocations.

    Raises OverCapacity, OverBalance, Conflict for an allocation that has ended meanwhile.
    """
    source = request.allocation
    if source is not None:
        lock(source)
        if source.has_ended:
            raise Conflict(_("The allocation that this request is about has ended meanwhile."))
        _lock_months(source, plan)
    if source is not None and request.kind == Kind.TERMINATION:
        close_allocation(by=by, allocation=source, reason=reason or str(TERMINATED), now=now)
    elif source is not None and request.kind == Kind.EXTENSION:
        _extend(source, plan, now)
        return []
    elif source is not None and request.returned_gpu_seconds:
        give_back(by, source, request.returned_gpu_seconds, now=now)
    _take_capacity(plan, request.project.lead_group.partner_id)
    return [_allocate(by, request, grant, months, now) for grant, months in plan]


TERMINATED = _("Ended as the project asked.")


def _lock_months(source: Allocation, plan: Plan) -> None:
    """In the order in which awards take them: what is returned and what is granted, once."""
    pools = {source.pool_id, *(grant.line.pool_id for grant, _months in plan)}
    rows = CapacityMonth.objects.select_for_update(no_key=True).filter(pool__in=pools)
    list(rows.order_by("pool_id", "month").values_list("pk"))


def _extend(allocation: Allocation, plan: Plan, now: datetime) -> None:
    """Move capacity to later months; the balance stays, and lapses later."""
    [(grant, months)] = plan
    # First, or the new months themselves, being its last, would be freed again.
    free_capacity(allocation, grant.gpu_seconds, now=now)
    _take_capacity(plan, allocation.project.lead_group.partner_id)
    _write_award(grant, months)
    Allocation.objects.filter(pk=allocation.pk).update(end=grant.line.end)


def _take_capacity(plan: Plan, partner_id: UUID) -> None:
    """Out of the partner's reserve first, then of what is free for all."""
    wanted: dict[tuple[str, date], int] = {}
    names = {}
    for grant, months in plan:
        for month, amount in months.items():
            key = (str(grant.line.pool_id), month)
            wanted[key] = wanted.get(key, 0) + amount
            names[key] = grant.line.pool
    for key in sorted(wanted):
        _take_month(names[key], key[1], wanted[key], partner_id)


def _take_month(pool: Pool, month: date, amount: int, partner_id: UUID) -> None:
    """Of awards to one partner at once the second waits at the month's row for the first."""
    rows = CapacityMonth.objects.filter(pool=pool, month=month)
    reserves = Reserve.objects.filter(pool=pool, month=month, partner=partner_id, left__gt=0)
    kept = 0
    if reserves.exists():
        rows.select_for_update(no_key=True).first()
        kept = min(reserves.values_list("left", flat=True).first() or 0, amount)
        reserves.update(left=F("left") - kept)
    fits = rows.filter(offered__gte=F("granted") + F("reserved") + amount - kept)
    if not fits.update(granted=F("granted") + amount, reserved=F("reserved") - kept):
        row = rows.first()
        raise OverCapacity(
            _("%(pool)s has %(free)s GPU-h free in %(month)s; this award takes %(amount)s.")
            % {
                "pool": pool,
                "free": gpu_hours(max(row.free + kept, 0) if row else 0),
                "month": f"{month:%Y-%m}",
                "amount": gpu_hours(amount),
            }
        )


def _write_award(grant: Grant, months: Mapping[date, int]) -> None:
    AwardLine.objects.bulk_create(
        AwardLine(line=grant.line, month=month, gpu_seconds=amount)
        for month, amount in months.items()
    )


def _allocate(
    by: User, request: Request, grant: Grant, months: Mapping[date, int], now: datetime
) -> Allocation:
    _write_award(grant, months)
    allocation = Allocation(
        project=request.project,
        pool=grant.line.pool,
        line=grant.line,
        start=grant.line.start,
        end=grant.line.end,
        gpu_seconds=grant.gpu_seconds,
    )
    return open_allocation(allocation, by=by, source_key=f"grant:{grant.line.pk}", now=now)


def open_allocation(
    allocation: Allocation, *, by: User, source_key: str, now: datetime
) -> Allocation:
    """Save a new allocation with its balance, its grant in the ledger and its limit to be set.

    Its Slurm account is made up unless the site has one for it.
    """
    project = allocation.project
    allocation.unix_user, allocation.created_at = project.unix_user, now
    # One Slurm account per allocation: its GrpTRESMins counts over the account's whole life.
    own = f"{ACCOUNT_PREFIX}{project.slug}-{allocation.pk.hex[:8]}"
    allocation.slurm_account = allocation.slurm_account or own
    allocation.save(force_insert=True)
    allocation.moves.create(at=now, to_state=AllocationState.AWARDED, by=by)
    Balance.objects.create(allocation=allocation)
    post(
        allocation_id=allocation.pk,
        kind=LedgerEntry.Kind.GRANT,
        debit=LedgerEntry.Account.ISSUED,
        credit=LedgerEntry.Account.AVAILABLE,
        gpu_seconds=allocation.gpu_seconds,
        source_key=source_key,
        at=now,
        actor=by,
    )
    Limit.objects.create(
        allocation=allocation, desired_gpu_minutes=gpu_minutes(allocation.gpu_seconds)
    )
    return allocation

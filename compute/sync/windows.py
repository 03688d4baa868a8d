"""Allocations in time: active once the window is open and the limit in force, then ended."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction

from compute.models import Allocation, Balance, Cluster, Job, LedgerEntry
from compute.models.ledger import post
from compute.states import SET_LIMITS, AllocationState


def advance_windows(cluster: Cluster, *, now: datetime) -> dict[str, int]:
    """Open and close allocations by the calendar (UTC). Needs no answer from the cluster."""
    today = now.astimezone(UTC).date()
    current = Allocation.objects.current().filter(pool__cluster=cluster)
    ended = sum(_expire(allocation, now) for allocation in current.filter(end__lte=today))
    opening = current.filter(
        state=AllocationState.AWARDED,
        start__lte=today,
        end__gt=today,
        limit__state__in=SET_LIMITS,
    )
    opened = sum(row.move_to(AllocationState.ACTIVE, now=now) for row in opening)
    return {"opened": opened, "ended": ended}


def lapse(allocation: Allocation, *, now: datetime, job: Job | None = None) -> None:
    """Return what an ended allocation has left to its pool; after a job, what that job gave back.

    Never more than is left: what was used beyond the award stays visible as a negative balance.
    """
    rows = Balance.objects.select_for_update().filter(allocation=allocation)
    available = rows.values_list("available", flat=True).get()
    if available > 0:
        post(
            allocation_id=allocation.pk,
            kind=LedgerEntry.Kind.EXPIRE,
            debit=LedgerEntry.Account.AVAILABLE,
            credit=LedgerEntry.Account.ISSUED,
            gpu_seconds=available,
            source_key=f"expire:{allocation.pk}" + (f":{job.pk}" if job else ""),
            at=now,
            job=job,
        )


@transaction.atomic
def _expire(allocation: Allocation, now: datetime) -> bool:
    """What is available lapses at once; what is reserved follows when its job is settled."""
    if not allocation.move_to(AllocationState.EXPIRED, now=now, reason="WindowEnded"):
        return False
    lapse(allocation, now=now)
    return True

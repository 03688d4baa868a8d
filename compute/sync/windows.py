"""Allocations in time: active once the window is open and the limit in force, then ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import transaction

from compute.models import Allocation, Balance, Cluster, Job, LedgerEntry
from compute.models.ledger import post
from compute.states import SET_LIMITS, AllocationState

# Use of a cluster that is not connected is reported once its month is over.
REPORTED_WITHIN = timedelta(days=31)


def advance_windows(cluster: Cluster, *, now: datetime) -> dict[str, int]:
    """Open and close allocations by the calendar (UTC). Needs no answer from the cluster."""
    today = now.astimezone(UTC).date()
    current = Allocation.objects.current().filter(pool__cluster=cluster)
    current = current.select_related("pool__cluster")
    ended = sum(_expire(allocation, now) for allocation in current.filter(end__lte=today))
    _lapse_the_rest(cluster, now)
    opening = current.filter(
        state=AllocationState.AWARDED,
        start__lte=today,
        end__gt=today,
        limit__state__in=SET_LIMITS,
    )
    opened = sum(row.move_to(AllocationState.ACTIVE, now=now) for row in opening)
    return {"opened": opened, "ended": ended}


def _lapse_the_rest(cluster: Cluster, now: datetime) -> None:
    """What an expired allocation has left once all is booked: late reports, or a correction."""
    is_reported = cluster.connection == Cluster.Connection.NONE
    until = now.astimezone(UTC).date() - (REPORTED_WITHIN if is_reported else timedelta(0))
    rows = Allocation.objects.filter(
        pool__cluster=cluster,
        state=AllocationState.EXPIRED,
        end__lte=until,
        balance__available__gt=0,
    )
    for allocation in rows:
        with transaction.atomic():
            lapse(allocation, now=now, again=now.isoformat())


def lapse(
    allocation: Allocation, *, now: datetime, job: Job | None = None, again: str = ""
) -> None:
    """Return what an ended allocation has left to its pool; after a job, what that job gave back.

    Never more than is left: what was used beyond the award stays visible as a negative balance.
    """
    rows = Balance.objects.select_for_update().filter(allocation=allocation)
    available = rows.values_list("available", flat=True).get()
    parts = ("expire", str(allocation.pk), str(job.pk) if job else "", again)
    if available > 0:
        post(
            allocation_id=allocation.pk,
            kind=LedgerEntry.Kind.EXPIRE,
            debit=LedgerEntry.Account.AVAILABLE,
            credit=LedgerEntry.Account.ISSUED,
            gpu_seconds=available,
            source_key=":".join(part for part in parts if part),
            at=now,
            job=job,
        )


@transaction.atomic
def _expire(allocation: Allocation, now: datetime) -> bool:
    """What is available lapses at once; what is reserved follows when its job is settled."""
    if not allocation.move_to(AllocationState.EXPIRED, now=now, reason="WindowEnded"):
        return False
    if allocation.pool.cluster.connection != Cluster.Connection.NONE:
        lapse(allocation, now=now)
    return True

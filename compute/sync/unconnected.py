"""Allocations on clusters that nobody asks: the calendar, and what their operators have to do."""

from __future__ import annotations

from datetime import datetime

from compute.models import Cluster, Limit
from compute.states import LimitState
from compute.sync import site_commands
from compute.sync.windows import advance_windows


def tend(*, now: datetime) -> dict[str, int]:
    """Open and end their allocations; ask operators to confirm limits that are new or changed."""
    unconnected = Cluster.objects.filter(connection=Cluster.Connection.NONE)
    done = {"opened": 0, "ended": 0, "asked": 0}
    for cluster in unconnected.filter(pools__allocations__isnull=False).distinct():
        for name, count in advance_windows(cluster, now=now).items():
            done[name] += count
    limits = Limit.objects.filter(allocation__pool__cluster__in=unconnected)
    changed = Limit.objects.changed().filter(pk__in=limits.values("pk"))
    for limit in changed.select_related("allocation__pool__cluster"):
        done["asked"] += _ask(limit, now)
    return done


def _ask(limit: Limit, now: datetime) -> bool:
    """False if that is what is asked already."""
    command = "" if limit.allocation.is_on_sites_account else _command(limit)
    if limit.state == LimitState.NEEDS_OPERATOR:
        rows = Limit.objects.filter(pk=limit.pk, state=LimitState.NEEDS_OPERATOR)
        rows = rows.exclude(detail=limit.asked, command=command)
        return bool(rows.update(detail=limit.asked, command=command))
    return limit.move_to(
        LimitState.NEEDS_OPERATOR,
        now=now,
        reason=limit.asked,
        detail=limit.asked,
        command=command,
    )


def _command(limit: Limit) -> str:
    if limit.is_to_be_closed:
        return site_commands.closing(limit)
    if limit.proven_gpu_minutes is None:
        return site_commands.creating(limit)
    parent = limit.allocation.pool.cluster.parent_account
    return site_commands.changing(limit, parent=parent)

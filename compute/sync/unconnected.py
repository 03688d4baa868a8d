"""Allocations on clusters that nobody asks: the calendar, and what their operators have to do."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from compute.models import Cluster, Limit
from compute.states import SET_LIMITS, LimitState
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
    changed = Limit.objects.changed().filter(pk__in=limits.values("pk"), state__in=SET_LIMITS)
    new = limits.filter(~Q(allocation__state__in=("expired", "revoked")), state=LimitState.PENDING)
    for limit in (changed | new).select_related("allocation__pool__cluster"):
        done["asked"] += _ask(limit, now)
    return done


def _ask(limit: Limit, now: datetime) -> bool:
    on_sites = limit.allocation.is_on_sites_account
    if limit.is_to_be_closed:
        detail, command = "ToBeClosed", "" if on_sites else site_commands.closing(limit)
    else:
        detail, command = "ToBeConfirmed", "" if on_sites else site_commands.creating(limit)
    return limit.move_to(
        LimitState.NEEDS_OPERATOR, now=now, reason=detail, detail=detail, command=command
    )

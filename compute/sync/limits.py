"""Bringing limits into force on the cluster, and proving it by reading them back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import structlog
from django.db.models import Q, QuerySet

from compute.models import Cluster, Limit
from compute.slurm.client import SlurmClient
from compute.slurm.errors import SlurmError
from compute.slurm.types import AssociationView
from compute.states import ENDED_ALLOCATIONS, LimitState
from compute.sync import site_commands
from compute.sync.connections import Connections

log = structlog.get_logger(__name__)

VERIFY_EVERY = timedelta(minutes=1)
VERIFY_ENDED_EVERY = timedelta(days=1)


class Seen(NamedTuple):
    """An account and its project's user's right to it, as the cluster's accounting has them."""

    account: AssociationView | None
    user: AssociationView | None


def enforce(cluster: Cluster, clients: Connections, *, now: datetime) -> dict[str, int]:
    """Work on every limit that is not in force, changed, or was not verified lately."""
    due = list(
        _due(cluster, now).select_related("allocation__project", "allocation__pool__cluster")
    )
    if not due:
        return {"limits": 0, "in_force": 0}
    try:
        client = _client(cluster, clients)
        found = _read(client, due)
    except SlurmError as error:
        for limit in due:
            _not_reached(limit, error, now)
        return {"limits": len(due), "in_force": 0}
    in_force = 0
    for limit in due:
        try:
            in_force += _enforce_one(limit, found[limit.pk], cluster, client, now)
        except SlurmError as error:
            _not_reached(limit, error, now)
    return {"limits": len(due), "in_force": in_force}


def _due(cluster: Cluster, now: datetime) -> QuerySet[Limit]:
    limits = Limit.objects.filter(allocation__pool__cluster=cluster)
    has_ended = Q(allocation__state__in=ENDED_ALLOCATIONS)
    never = Q(verified_at=None)
    stale = ~has_ended & (never | Q(verified_at__lt=now - VERIFY_EVERY))
    ended_stale = has_ended & (never | Q(verified_at__lt=now - VERIFY_ENDED_EVERY))
    return limits.not_in_force() | limits.filter(stale | ended_stale)


def _client(cluster: Cluster, clients: Connections) -> SlurmClient:
    return clients.control() if _applies(cluster) else clients.any()


def _applies(cluster: Cluster) -> bool:
    return cluster.limit_mode == Cluster.LimitMode.APPLY


def _read(client: SlurmClient, limits: list[Limit]) -> Mapping[object, Seen]:
    views = client.associations([limit.allocation.slurm_account for limit in limits])
    by_name = {(view.account, view.user): view for view in views}
    return {
        limit.pk: Seen(
            by_name.get((limit.allocation.slurm_account, "")),
            by_name.get((limit.allocation.slurm_account, limit.allocation.unix_user)),
        )
        for limit in limits
    }


def _enforce_one(
    limit: Limit, seen: Seen, cluster: Cluster, client: SlurmClient, now: datetime
) -> bool:
    if limit.allocation.is_on_sites_account:
        return _judge_sites(limit, seen, now)
    has_ended = limit.allocation.has_ended
    # A delivered credential is the site's word that the UNIX user exists.
    if not has_ended and seen.user is None and not _has_user(limit, cluster):
        command = site_commands.creating(limit)
        _observe(limit, LimitState.PENDING, now, detail="NoUnixUser", command=command)
        return False
    was_written = _applies(cluster) and _write(limit, seen, client, now)
    if was_written:
        seen = _read(client, [limit])[limit.pk]
    return _judge(limit, seen, now, was_written=was_written)


def _has_user(limit: Limit, cluster: Cluster) -> bool:
    return cluster.credentials.filter(unix_user=limit.allocation.unix_user).exists()


def _write(limit: Limit, seen: Seen, client: SlurmClient, now: datetime) -> bool:
    """Create what is missing, and change what was decided anew where this release can.

    What somebody changed by hand at the site is left and shown. Returns whether a call was made.
    """
    allocation, cluster = limit.allocation, limit.allocation.pool.cluster
    closed = limit.is_to_be_closed
    if seen.account is None and closed:
        return False  # where no account is nobody submits
    if seen.account is None:
        _observe(limit, LimitState.APPLYING, now)
        client.create_account(
            name=allocation.slurm_account,
            parent=cluster.parent_account,
            description=f"CESAI project {allocation.project.slug}",
            gpu_minutes=limit.desired_gpu_minutes,
        )
    elif client.can_change_accounts and _is_ours_to_change(limit, seen):
        _observe(limit, LimitState.APPLYING, now)
        client.change_account(
            name=allocation.slurm_account,
            gpu_minutes=limit.desired_gpu_minutes,
            max_submit_jobs=0 if closed else _own_limit(seen.account),
        )
    elif seen.user is not None or closed:
        return False
    if seen.user is None and not closed:
        client.create_user_association(account=allocation.slurm_account, user=allocation.unix_user)
    return True


def _is_ours_to_change(limit: Limit, seen: Seen) -> bool:
    """Whether a decision made the difference; one that was never as decided, somebody else did."""
    was_ours = limit.is_to_be_closed or limit.proven_gpu_minutes is not None
    return was_ours and limit.is_changed and not _is_as_desired(limit, seen)


def _own_limit(account: AssociationView) -> int | None:
    """What the site itself set as GrpSubmitJobs; a 0 is ours."""
    return account.max_submit_jobs or None


def _is_as_desired(limit: Limit, seen: Seen) -> bool:
    account = seen.account
    if limit.is_to_be_closed:
        return account is None or account.max_submit_jobs == 0
    return (
        account is not None
        and account.gpu_minutes == limit.desired_gpu_minutes
        and account.max_submit_jobs != 0
        and account.parent == limit.allocation.pool.cluster.parent_account
    )


def _judge(limit: Limit, seen: Seen, now: datetime, *, was_written: bool) -> bool:
    """Only what was read back is in force."""
    account = seen.account
    closed = limit.is_to_be_closed
    observed = _note(limit, seen, now)
    if _is_as_desired(limit, seen) and (closed or seen.user is not None):
        _prove(limit, observed, now)
        return True
    if account is None or (seen.user is None and not closed):
        state, detail, command = (
            LimitState.NEEDS_OPERATOR, "NotThere", site_commands.creating(limit)
        )  # fmt: skip
    else:
        state, detail = _difference(limit, was_written=was_written)
        command = site_commands.closing(limit)
        if not closed and account is not None:
            command = site_commands.changing(limit, parent=account.parent)
    _observe(limit, state, now, detail=detail, command=command, **observed)
    return False


def _judge_sites(limit: Limit, seen: Seen, now: datetime) -> bool:
    """Of an account that the site keeps: what is there is shown, nothing is asked for.

    Many sites keep such budgets outside of Slurm: an account without a limit is as good as proof
    gets there.
    """
    account = seen.account
    observed = _note(limit, seen, now)
    if limit.is_to_be_closed:  # the portal lets nobody submit; what the site does is its own
        _observe(limit, LimitState.SET_NOT_PROVEN, now, detail="SitesRules", proven_closed=True,
                 verified_at=now, **observed)  # fmt: skip
        return True
    if account is None or seen.user is None:
        _observe(limit, LimitState.NEEDS_OPERATOR, now, detail="SitesAccount", **observed)
        return False
    if account.gpu_minutes not in (None, limit.desired_gpu_minutes):
        _observe(limit, LimitState.DRIFTED, now, detail="Differs", **observed)
        return False
    if account.gpu_minutes is None:
        proven: dict[str, Any] = {
            "proven_closed": limit.is_to_be_closed,
            "proven_gpu_minutes": limit.desired_gpu_minutes,
            "verified_at": now,
        }
        detail = "SitesRules"
        _observe(limit, LimitState.SET_NOT_PROVEN, now, detail=detail, **observed, **proven)
    else:
        _prove(limit, observed, now)
    return True


def _note(limit: Limit, seen: Seen, now: datetime) -> dict[str, Any]:
    """What was read, on the limit as it is here and as it is to be kept."""
    account = seen.account
    observed: dict[str, Any] = {
        "observed_gpu_minutes": account.gpu_minutes if account else None,
        "observed_submit_jobs": account.max_submit_jobs if account else None,
        "observed_user": seen.user is not None,
        "observed_at": now,
        "unreachable_since": None,
    }
    for name, value in observed.items():
        setattr(limit, name, value)
    return observed


def _difference(limit: Limit, *, was_written: bool) -> tuple[LimitState, str]:
    """Whether a decision waits to be carried out there, or somebody changed it by hand."""
    if was_written:
        return LimitState.NEEDS_OPERATOR, "NotTaken"
    if limit.is_to_be_closed and not limit.proven_closed:
        return LimitState.NEEDS_OPERATOR, "ToBeClosed"
    if limit.is_changed and limit.proven_gpu_minutes is not None:
        return LimitState.NEEDS_OPERATOR, "ToBeChanged"
    return LimitState.DRIFTED, "Differs"


def _prove(limit: Limit, observed: Mapping[str, Any], now: datetime) -> None:
    closed = limit.is_to_be_closed
    proven: dict[str, Any] = {"proven_closed": closed, "verified_at": now}
    if not closed:
        proven["proven_gpu_minutes"] = limit.desired_gpu_minutes
    decay = limit.allocation.pool.cluster.usage_decay
    if closed or decay == Cluster.UsageDecay.NONE:
        _observe(limit, LimitState.IN_FORCE, now, **observed, **proven)
    else:
        detail = "UsageFades" if decay else "DecayNotDeclared"
        _observe(limit, LimitState.SET_NOT_PROVEN, now, detail=detail, **observed, **proven)


def _observe(
    limit: Limit,
    state: LimitState,
    now: datetime,
    *,
    detail: str = "",
    command: str = "",
    **seen: Any,
) -> None:
    values: dict[str, Any] = {"detail": detail, "command": command, **seen}
    if limit.state == state:
        Limit.objects.filter(pk=limit.pk, state=state).update(**values)
    else:
        limit.move_to(state, now=now, reason=detail, **values)


def _not_reached(limit: Limit, error: SlurmError, now: datetime) -> None:
    """What was true stays on record; since when it cannot be checked stands beside it."""
    log.warning("limit_not_reached", limit=str(limit.pk), detail=error.detail)
    rows = Limit.objects.filter(pk=limit.pk)
    rows.update(detail=f"Unanswered: {error.detail}"[:500])
    rows.filter(unreachable_since=None).update(unreachable_since=now)

"""Bringing limits into force on the cluster, and proving it by reading them back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db.models import Q

from compute.models import Cluster, Limit
from compute.slurm.client import SlurmClient
from compute.slurm.errors import SlurmError
from compute.slurm.types import AssociationView
from compute.states import ENDED_ALLOCATIONS, LimitState
from compute.sync.connections import Connections

log = structlog.get_logger(__name__)

VERIFY_EVERY = timedelta(minutes=5)


def enforce(cluster: Cluster, clients: Connections, *, now: datetime) -> dict[str, int]:
    """Work on every limit that is not in force or was not verified lately."""
    stale = Q(verified_at=None) | Q(verified_at__lt=now - VERIFY_EVERY)
    due = (
        Limit.objects.filter(allocation__pool__cluster=cluster)
        .filter(~Q(state=LimitState.IN_FORCE) | stale)
        .exclude(allocation__state__in=ENDED_ALLOCATIONS)
        .select_related("allocation__project", "allocation__pool__cluster")
    )
    in_force = 0
    for limit in due:
        try:
            in_force += _enforce_one(limit, cluster, clients, now)
        except SlurmError as error:
            _not_reached(limit, error, now)
    return {"limits": len(due), "in_force": in_force}


def site_command(limit: Limit) -> str:
    """What the site's staff run to bring a new limit into force."""
    allocation, cluster = limit.allocation, limit.allocation.pool.cluster
    where = f"cluster={cluster.slurm_cluster}" if cluster.slurm_cluster else ""
    account = (
        f"{cluster.sacctmgr} -i add account name={allocation.slurm_account} "
        f"parent={cluster.parent_account} {where} "
        f"GrpTRESMins=gres/gpu={limit.desired_gpu_minutes}"
    )
    user = (
        f"{cluster.sacctmgr} -i add user name={allocation.unix_user} "
        f"account={allocation.slurm_account} {where}"
    )
    return f"{' '.join(account.split())} && {' '.join(user.split())}"


def _enforce_one(limit: Limit, cluster: Cluster, clients: Connections, now: datetime) -> bool:
    allocation = limit.allocation
    # A delivered credential is the site's word that the UNIX user exists.
    if not cluster.credentials.filter(unix_user=allocation.unix_user).exists():
        _observe(limit, LimitState.PENDING, now, detail="NoUnixUser", command=site_command(limit))
        return False
    applies = cluster.limit_mode == Cluster.LimitMode.APPLY
    client = clients.control() if applies else clients.any()
    account = client.association(account=allocation.slurm_account)
    user = client.association(account=allocation.slurm_account, user=allocation.unix_user)
    if applies and (account is None or user is None):
        _apply(limit, account, client, now)
        account = client.association(account=allocation.slurm_account)
        user = client.association(account=allocation.slurm_account, user=allocation.unix_user)
    return _judge(limit, account, user, now)


def _apply(
    limit: Limit, account: AssociationView | None, client: SlurmClient, now: datetime
) -> None:
    """Create what is missing; never change what is there (22.05 would crash or ignore it)."""
    allocation, cluster = limit.allocation, limit.allocation.pool.cluster
    _observe(limit, LimitState.APPLYING, now)
    if account is None:
        client.create_account(
            name=allocation.slurm_account,
            parent=cluster.parent_account,
            description=f"CESAI project {allocation.project.slug}",
            gpu_minutes=limit.desired_gpu_minutes,
        )
    client.create_user_association(account=allocation.slurm_account, user=allocation.unix_user)


def _judge(
    limit: Limit, account: AssociationView | None, user: AssociationView | None, now: datetime
) -> bool:
    """Only what was read back is in force."""
    seen: dict[str, Any] = {
        "observed_gpu_minutes": account.gpu_minutes if account else None,
        "observed_user": user is not None,
        "observed_at": now,
        "unreachable_since": None,
    }
    command = site_command(limit)
    parent = limit.allocation.pool.cluster.parent_account
    if account is None or user is None:
        _observe(limit, LimitState.NEEDS_OPERATOR, now, detail="NotThere", command=command, **seen)
    elif account.gpu_minutes != limit.desired_gpu_minutes or account.parent != parent:
        _observe(limit, LimitState.DRIFTED, now, detail="Differs", command=_repair(limit), **seen)
    else:
        _observe(limit, LimitState.IN_FORCE, now, verified_at=now, **seen)
        return True
    return False


def _repair(limit: Limit) -> str:
    allocation, cluster = limit.allocation, limit.allocation.pool.cluster
    where = f"cluster={cluster.slurm_cluster} " if cluster.slurm_cluster else ""
    return (
        f"{cluster.sacctmgr} -i modify account where name={allocation.slurm_account} {where}"
        f"set parent={cluster.parent_account} GrpTRESMins=gres/gpu={limit.desired_gpu_minutes}"
    )


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

"""One pass over one cluster: everything it may have to say, and everything we have for it."""

from __future__ import annotations

from datetime import datetime

import structlog

from compute.models import Cluster, Limit
from compute.slurm.errors import SlurmError
from compute.states import Waiting
from compute.sync.accounting import account, settle_unsent
from compute.sync.compare import compare
from compute.sync.connections import Connections, connections
from compute.sync.dispatch import dispatch, drop_unwanted, note_credentials, wait_for
from compute.sync.follow import follow
from compute.sync.health import check_health
from compute.sync.lease import Lease, LeaseLost, lease
from compute.sync.limits import enforce
from compute.sync.measured import measure
from compute.sync.reconcile import note_database, reconcile
from compute.sync.windows import advance_windows

log = structlog.get_logger(__name__)


def sync_cluster(slug: str, *, now: datetime) -> dict[str, object]:
    """Health, limits, windows, dispatch, follow and accounting of one cluster.

    Returns what was done, by name; {"busy": True} if another pass is at it.
    """
    structlog.contextvars.bind_contextvars(cluster=slug)  # beside the task's pass_id
    cluster = Cluster.objects.connected().select_related("health").get(slug=slug)
    with lease(cluster) as held:
        if not held:
            return {"busy": True}
        with connections(cluster, now) as clients:
            try:
                return _pass(cluster, clients, held, now)
            except LeaseLost:
                log.warning("lease_lost", cluster=cluster.slug)
                return {"busy": True}


def _pass(cluster: Cluster, clients: Connections, held: Lease, now: datetime) -> dict[str, object]:
    note_database(cluster, now=now)
    is_up = check_health(cluster, clients, now=now)
    done: dict[str, object] = {"up": is_up}
    done |= advance_windows(cluster, now=now)
    done |= _look_at_unsent(cluster, clients, now, is_up=is_up)
    if not is_up:
        _limits_unreachable(cluster, now)
        return done
    cluster.health.refresh_from_db()
    try:
        _talk(cluster, clients, held, now, done)
    except SlurmError as error:  # it went silent in between: the next pass goes on from the rows
        log.warning("pass_cut_short", detail=error.detail)
        done["cut_short"] = error.detail
    return done


def _look_at_unsent(
    cluster: Cluster, clients: Connections, now: datetime, *, is_up: bool
) -> dict[str, object]:
    """What can be said of jobs that were not handed over without asking the cluster."""
    if cluster.is_stopped:  # that they were not handed over is not sure
        wait_for(Waiting.OPERATOR, cluster)
        return {}
    drop_unwanted(cluster, now=now)
    returned = settle_unsent(cluster, now=now)
    if cluster.connection == Cluster.Connection.RUN:
        note_credentials(cluster, clients, now=now)
    if not is_up:
        wait_for(Waiting.CLUSTER, cluster)
    return {"returned": returned}


def _talk(
    cluster: Cluster, clients: Connections, held: Lease, now: datetime, done: dict[str, object]
) -> None:
    done |= enforce(cluster, clients, now=now)
    done |= advance_windows(cluster, now=now)
    held.check()
    done |= reconcile(cluster, clients, now=now)
    if cluster.connection == Cluster.Connection.RUN:
        if not cluster.is_stopped:
            done |= dispatch(cluster, clients, now=now)
            held.check()
        done |= follow(cluster, clients, now=now)
        held.check()
    booked = account(cluster, clients, now=now)
    done |= booked
    held.check()
    done |= compare(cluster, clients, now=now)
    if any(booked.values()):
        done["measured"] = measure(cluster, now=now)


def _limits_unreachable(cluster: Cluster, now: datetime) -> None:
    rows = Limit.objects.filter(allocation__pool__cluster=cluster, unreachable_since=None)
    rows.update(unreachable_since=now)

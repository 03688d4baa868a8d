"""Whether a cluster answers, and since when it does not."""

from __future__ import annotations

from datetime import datetime

from compute.models import Cluster, ClusterHealth, Outage
from compute.slurm.errors import CredentialRejected, SlurmError
from compute.slurm.types import Ping
from compute.sync.connections import Connections


def check_health(cluster: Cluster, clients: Connections, *, now: datetime) -> bool:
    """Ask the cluster and write down what it says. A cluster that is down is a normal state."""
    ping = _ask(clients)
    rows = ClusterHealth.objects.filter(cluster=cluster)
    if ping.is_up:
        rows.update(
            is_up=True,
            checked_at=now,
            answered_at=now,
            unreachable_since=None,
            slurm_version=ping.slurm_version,
            wire=ping.wire,
            last_error="",
        )
        Outage.objects.filter(cluster=cluster, ended_at=None).update(ended_at=now)
    else:
        # The next pass negotiates the wire version again: the site may be upgrading.
        rows.update(is_up=False, checked_at=now, wire="", last_error=ping.detail[:1000])
        if rows.filter(unreachable_since=None).update(unreachable_since=now):
            outage = Outage(cluster=cluster, began_at=now, error=ping.detail[:1000])
            Outage.objects.bulk_create([outage], ignore_conflicts=True)
    return ping.is_up


def _ask(clients: Connections) -> Ping:
    """With one token after the other: that one is rejected says nothing about the cluster."""
    rejected = ""
    try:
        while clients.has_tokens:
            try:
                return clients.any().ping()
            except CredentialRejected as error:
                rejected = error.detail
                clients.leave_out_first()
        detail = rejected or "no usable credential"
    except SlurmError as error:
        detail = error.detail
    return Ping(is_up=False, slurm_version="", wire="", detail=detail)

"""Whether a cluster keeps holds: tried with a job of one minute that does nothing."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from compute.models import Allocation, Cluster, ClusterHealth
from compute.models.jobs import TOKEN_PREFIX
from compute.slurm.errors import RefusedByCluster, SlurmError
from compute.slurm.types import JobDescription, JobRecord, JobView
from compute.states import SET_LIMITS, Holds
from compute.sync.calls import cancel_quietly
from compute.sync.connections import Connections
from compute.sync.traces import Trace

log = structlog.get_logger(__name__)

PREFIX = f"{TOKEN_PREFIX}probe-"
# A site may change its mind, and what was refused may be taken later.
PROVED_FOR = timedelta(days=7)
REFUSED_FOR = timedelta(minutes=10)


def prove_holds(cluster: Cluster, clients: Connections, *, now: datetime) -> None:
    """Submit held, read back, cancel: before the first job, and once a week.

    Everything that this package promises rests on a held job not starting; a site can forbid it
    by a plugin of its own. What stays unanswered is looked up in the next pass.
    """
    health = cluster.health
    rests = PROVED_FOR if health.holds else REFUSED_FOR
    if health.holds_probed_at and now - health.holds_probed_at < rests:
        return
    rows = Allocation.objects.current().filter(
        pool__cluster=cluster, limit__state__in=SET_LIMITS, unix_user__in=clients.users
    )
    allocation = rows.select_related("pool").order_by("created_at").first()
    if allocation is None:
        return
    try:
        holds, detail = _try(cluster, allocation, clients)
    except RefusedByCluster as refusal:
        holds, detail = Holds.NOT_PROVEN, refusal.detail
    except SlurmError as error:
        log.warning("holds_not_proved", detail=error.detail)
        return
    values = {"holds": holds, "holds_detail": detail, "holds_probed_at": now}
    ClusterHealth.objects.filter(cluster=cluster).update(**values)
    health.refresh_from_db()


def is_probe(job: JobView | JobRecord | Trace) -> bool:
    """Whether it is one of these jobs and nobody's work."""
    return job.name.startswith(PREFIX)


def _try(cluster: Cluster, allocation: Allocation, clients: Connections) -> tuple[Holds, str]:
    earlier = [view for view in clients.any().jobs() if is_probe(view)]
    if known := [view for view in earlier if view.is_held or view.start_time]:
        return _judge(known, clients), ""  # their answers were lost
    user = allocation.unix_user
    submitted = clients.of(user).submit_held(_description(cluster, allocation))
    view = clients.of(user).job(submitted.job_id)
    if submitted.problems or view is None:
        cancel_quietly(clients, user, submitted.job_id)
        return Holds.NOT_PROVEN, "; ".join(submitted.problems) or "NotSeen"
    return _judge([view], clients), ""


def _judge(views: Sequence[JobView], clients: Connections) -> Holds:
    """What became of jobs that were submitted held; they are cancelled."""
    for view in views:
        if view.user in clients.users:
            cancel_quietly(clients, view.user, view.job_id)
    return Holds.KEPT if all(view.is_held for view in views) else Holds.IGNORED


def _description(cluster: Cluster, allocation: Allocation) -> JobDescription:
    return JobDescription(
        name=f"{PREFIX}{uuid.uuid4().hex[:16]}",
        script="#!/bin/sh\nexit 0\n",
        account=allocation.slurm_account,
        partition=allocation.pool.partition,
        working_directory=cluster.directory_of(allocation.unix_user),
        environment={"PATH": "/usr/local/bin:/usr/bin:/bin"},
        minutes=1,
        output="/dev/null",
        error="/dev/null",
    )

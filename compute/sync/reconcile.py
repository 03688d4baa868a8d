"""After a restore: nothing is handed over until what the cluster did meanwhile is known again.

A restored database has forgotten what was sent after the backup, so that to send by its rows would
run jobs twice. It is noticed by the database itself, whoever restored it, and in whichever way.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models import F
from django.urls import reverse

from compute.models import Cluster, ClusterHealth, Job, Orphan
from compute.states import JobState
from compute.sync.connections import Connections
from compute.sync.history import read_history
from compute.sync.traces import Trace, canonical, of_record, of_view
from projects.actions.notices import tell
from projects.notices import NoticeKind

log = structlog.get_logger(__name__)

AGAIN_AFTER = timedelta(minutes=1)  # slurmdbd lags: what was not told yet turns up
NOT_SENT = (JobState.NEW, JobState.BLOCKED, JobState.SENDING, JobState.UNKNOWN)
BATCH = 1000

# The server, its timeline (another after a recovery to a point in time), the database and a table
# of ours: a copy differs from the original in at least one of them.
PLACE = """
    SELECT concat_ws('/', (pg_control_system()).system_identifier,
                     left(pg_walfile_name(pg_current_wal_lsn()), 8), d.oid, %s::regclass::oid)
    FROM pg_database d WHERE d.datname = current_database()
"""


def note_database(cluster: Cluster, *, now: datetime) -> None:
    """Stop dispatch if the last pass over this cluster was made in another database."""
    health, here = cluster.health, _place()
    if health.database == here:
        return
    if health.database:
        stop_dispatch(cluster, now=now, database=here)
    else:
        ClusterHealth.objects.filter(cluster=cluster).update(database=here)
    health.refresh_from_db()


@transaction.atomic
def stop_dispatch(cluster: Cluster, *, now: datetime, **values: str) -> None:
    """Let nothing more be handed over there, and tell its operators."""
    ClusterHealth.objects.filter(cluster=cluster).update(
        stop=uuid.uuid4(),
        stopped_at=now,
        knows_until=cluster.health.answered_at,
        reconciled_at=None,
        adopted=0,
        **values,
    )
    log.warning("dispatch_stopped", cluster=cluster.slug)
    tell(
        users=cluster.staff(),
        kind=NoticeKind.DISPATCH_STOPPED,
        path=reverse("cluster", args=[cluster.slug]),
        params={"cluster": cluster.name},
        now=now,
    )


def reconcile(cluster: Cluster, clients: Connections, *, now: datetime) -> dict[str, int]:
    """While dispatch is stopped, adopt what ran of our intents and list what no intent knows.

    The last time once the operator has lifted the stop, which is over only then.
    """
    health = cluster.health
    if health.stop is None:
        return {}
    is_fresh = health.reconciled_at is not None and now - health.reconciled_at < AGAIN_AFTER
    if cluster.is_stopped and is_fresh:
        return {}
    traces = _traces(clients, since=health.knows_until or cluster.created_at, now=now)
    adopted = _adopt(cluster, traces, now)
    note_orphans(cluster, (trace for found in traces.values() for trace in found), now=now)
    ended = {} if cluster.is_stopped else {"stop": None}
    rows = ClusterHealth.objects.filter(cluster=cluster, stop=health.stop)
    rows.update(reconciled_at=now, adopted=F("adopted") + adopted, **ended)
    health.refresh_from_db()
    return {"adopted": adopted}


def note_orphans(cluster: Cluster, traces: Iterable[Trace], *, now: datetime) -> None:
    """Write down those whose intent is not here: its restore, or another portal, may tell why."""
    named = {(t.job_id, t.submit_time): (t, key) for t in traces if (key := t.key)}
    keys = {key for _trace, key in named.values()}
    known = set(Job.objects.filter(pk__in=keys).values_list("pk", flat=True))
    rows = [
        Orphan(
            cluster=cluster,
            slurm_job_id=trace.job_id,
            submit_time=trace.submit_time,
            name=trace.name,
            unix_user=trace.user[:100],
            account=trace.account[:100],
            state=trace.state[:30],
            is_held=trace.is_held,
            gpus=trace.gpus,
            first_seen_at=now,
            last_seen_at=now,
        )
        for trace, key in named.values()
        if key not in known
    ]
    Orphan.objects.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["cluster", "slurm_job_id", "submit_time"],
        update_fields=["state", "is_held", "gpus", "last_seen_at"],
    )


def _place() -> str:
    with connection.cursor() as cursor:
        cursor.execute(PLACE, [Job._meta.db_table])
        [place] = cursor.fetchone()
    return str(place)


def _traces(clients: Connections, *, since: datetime, now: datetime) -> dict[UUID, list[Trace]]:
    """By intent. Live jobs first: what ends in between stands in the accounting then."""
    views = clients.any().jobs()
    records = read_history(clients, since=since, now=now)
    live = {(view.job_id, view.submit_time) for view in views}
    found: dict[UUID, list[Trace]] = defaultdict(list)
    gone = (r for r in records if (r.job_id, r.submit_time) not in live)
    for trace in (*map(of_view, views), *map(of_record, gone)):
        if trace.key is not None:
            found[trace.key].append(trace)
    return found


def _adopt(cluster: Cluster, traces: dict[UUID, list[Trace]], now: datetime) -> int:
    rows = Job.objects.filter(cluster=cluster, slurm_job_id=None, state__in=NOT_SENT)
    jobs = rows.filter(pk__in=traces).select_related("allocation").defer("script")
    adopted = 0
    for job in jobs:
        job_id = canonical(job, traces[job.pk])
        if job_id is not None:
            adopted += job.move_to(
                JobState.KNOWN,
                now=now,
                only_if={"slurm_job_id": None},
                slurm_job_id=job_id,
                sent_at=job.sent_at or now,
                waiting_for="",
            )
    return adopted

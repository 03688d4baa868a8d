"""How long an award takes, beside the same statements without the portal's code."""

from __future__ import annotations

import os
from functools import partial

import psycopg

from bench.measure import insert_partner, percentile, tell, timed
from compute.actions.awards import Grant, award
from compute.models import Request
from projects.roles import Role
from tests import make

AWARDS = 200
HOUR = 3600


def run() -> None:
    """p50 and p95 of the award action, one after another, in milliseconds."""
    project, admin = make.make_project(), make.make_staff(Role.QUOTA_ADMIN)
    pool = make.make_pool(gpu_hours=10 * AWARDS)
    requests = [make.make_request(project, pool, gpu_hours=1) for _ in range(AWARDS)]
    _award(requests.pop(), admin)  # the first one pays for imports and the connection
    ours = [timed(partial(_award, request, admin)) for request in requests]
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        raw = [timed(lambda: _reference(connection, str(pool.pk))) for _ in range(AWARDS)]
    tell(
        "award",
        p50_ms=percentile(ours, 0.5),
        p95_ms=percentile(ours, 0.95),
        reference="the same number of statements by psycopg",
        reference_p50_ms=percentile(raw, 0.5),
        ratio=percentile(ours, 0.5) / percentile(raw, 0.5),
        goal_ms=60,
    )


def _award(request: Request, admin: object) -> None:
    fresh = Request.objects.select_related("project__lead_group").get(pk=request.pk)
    line = fresh.lines.select_related("pool__cluster").get()
    award(by=admin, request=fresh, grants=[Grant(line, HOUR)], reason="", now=make.now())  # type: ignore[arg-type]


def _reference(connection: psycopg.Connection, pool: str) -> None:
    """One durable transaction of a guarded update and ten single-row writes."""
    with connection.transaction():
        connection.execute(
            "UPDATE compute_capacitymonth SET granted = granted + 0"
            " WHERE pool_id = %s AND granted <= offered",
            [pool],
        )
        for _ in range(10):
            insert_partner(connection)

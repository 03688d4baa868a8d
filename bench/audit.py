"""What sealing the audit log costs its writers, and how long its whole chain takes to verify."""

from __future__ import annotations

import json
import multiprocessing
import os
import statistics
import time
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from django.db import connection

from bench.audit_writer import write
from bench.measure import tell
from projects.actions.sealing import seal_events
from projects.actions.verifying import verify
from projects.models.seals import LINK_COLUMNS

EVENTS = 1_000_000
WRITERS, ROUNDS, SECONDS, SEAL_EVERY = 8, 4, 8, 1
CHUNK = 5_000
_MANY = """
INSERT INTO projects_event (id, at, kind, object_type, object_id, reason, changes)
SELECT gen_random_uuid(), now() - (%(n)s - n) * interval '1 second', 'award_request', 'request',
    gen_random_uuid(), 'as asked for, in the months named',
    jsonb_build_object('state', jsonb_build_array('submitted', 'awarded'), 'n', n)
FROM generate_series(1, %(n)s) n
"""


def run() -> None:
    """A million events sealed and verified; then writers with and without a sealer beside them."""
    with connection.cursor() as cursor:
        cursor.execute(_MANY, {"n": EVENTS})
        cursor.execute("ANALYZE projects_event")
    sealing = _seconds(lambda: seal_events(now=datetime.now(UTC)))
    verdict: list[Any] = []
    verifying = _seconds(lambda: verdict.append(verify()))
    [found] = verdict
    bare = _seconds(_bare)
    tell(
        "audit",
        events=found.number,
        fault=found.fault,
        seal_seconds=round(sealing, 1),
        verify_seconds=round(verifying, 1),
        goal_verify_seconds=60,
        reference="the same rows read and their JSON hashed, nothing else",
        reference_seconds=round(bare, 1),
        ratio=round(verifying / bare, 2),
    )
    _writers()


def _writers() -> None:
    """Commits of one event each by eight writers; rounds with and without a sealer alternate."""
    without, beside = [], []
    for _round in range(ROUNDS):
        without.append(_rate(seals=False))
        beside.append(_rate(seals=True))
    costs = [1 - b / a for a, b in zip(without, beside, strict=True)]
    tell(
        "audit_writers",
        writers=WRITERS,
        without_per_second=round(statistics.median(without)),
        beside_a_sealer_per_second=round(statistics.median(beside)),
        cost=round(statistics.median(costs), 3),
        costs=[round(cost, 3) for cost in costs],
        goal_cost=0.1,
        measured=f"{ROUNDS} rounds of {SECONDS} s each, in turn; the sealer seals every "
        f"{SEAL_EVERY} s what was written, ten times as often as the timetable lets it",
    )


def _rate(*, seals: bool) -> float:
    context = multiprocessing.get_context("spawn")
    connection.close()
    with context.Pool(WRITERS) as pool:
        began = time.monotonic()
        address = os.environ["DATABASE_URL"]
        found = pool.starmap_async(write, [(address, SECONDS)] * WRITERS)
        while not found.ready():
            if seals:  # what the timetable does every ten seconds, ten times as often
                seal_events(now=datetime.now(UTC))
            found.wait(SEAL_EVERY)
        done = sum(found.get())
        took = time.monotonic() - began
    seal_events(now=datetime.now(UTC))
    return done / took


def _bare() -> None:
    wrapped: Any = connection.connection
    with wrapped.transaction(), wrapped.cursor(name="bare") as cursor:
        cursor.itersize = CHUNK
        cursor.execute(f"SELECT {LINK_COLUMNS} FROM projects_event event ORDER BY sequence")  # noqa: S608
        for row in cursor:
            sha256(json.dumps(row, default=str).encode()).digest()


def _seconds(call: Any) -> float:
    began = time.monotonic()
    call()
    return time.monotonic() - began

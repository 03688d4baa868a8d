"""One writer of the audit log, in a process of its own that knows no Django."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from uuid import uuid4

import psycopg

_ONE = (
    "INSERT INTO projects_event (id, at, kind, object_type, object_id, reason, changes)"
    " VALUES (%s, %s, 'award_request', 'request', %s, 'as asked for', %s)"
)


def write(address: str, seconds: float) -> int:
    """Commit events one by one for so long; how many."""
    done, until = 0, time.monotonic() + seconds
    changes = json.dumps({"state": ["submitted", "awarded"]})
    with psycopg.connect(address, autocommit=True) as writer:
        while time.monotonic() < until:
            writer.execute(_ONE, [uuid4(), datetime.now(UTC), uuid4(), changes])
            done += 1
    return done

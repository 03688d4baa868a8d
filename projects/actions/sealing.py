"""Sealing the audit log, and telling its head outside the database."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.db import connection, transaction

from projects.audit import START, Head, Link
from projects.models import Seal
from projects.models.seals import LINK_COLUMNS

log = structlog.get_logger(__name__)
BATCH = 5_000
LOCK = 0x5EA1
# An event whose transaction took long may have a lower sequence than sealed ones: so far back
# every pass looks, and one pass an hour looks at all.
LOOKS_BACK = 20_000
_UNSEALED = f"""
SELECT event.sequence, {LINK_COLUMNS} FROM projects_event event
WHERE event.sequence > %s
    AND NOT EXISTS (SELECT 1 FROM projects_seal seal WHERE seal.event_id = event.sequence)
ORDER BY event.sequence LIMIT %s
"""  # noqa: S608 (a constant)
_SEAL = """
INSERT INTO projects_seal (number, event_id, hash, sealed_at)
SELECT number, event, hash, %s FROM unnest(%s::bigint[], %s::bigint[], %s::bytea[])
    row(number, event, hash)
"""


def seal_events(*, now: datetime, whole: bool = False) -> int:
    """Seal what was committed since; how many. One at a time: a second caller does nothing.

    The order of the chain is that of sealing, so that an event that was committed late stands
    behind those that were sealed before it.
    """
    done = 0
    while True:
        sealed = _seal_batch(now, whole=whole)
        done += sealed
        if sealed < BATCH:
            return done


@transaction.atomic
def _seal_batch(now: datetime, *, whole: bool) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if cursor.fetchone() != (True,):
            return 0
        cursor.execute(
            "SELECT number, hash, (SELECT max(event_id) FROM projects_seal)"
            " FROM projects_seal ORDER BY number DESC LIMIT 1"
        )
        number, previous, highest = cursor.fetchone() or (0, START, 0)
        since = 0 if whole else highest - LOOKS_BACK
        cursor.execute(_UNSEALED, [since, BATCH])
        rows = cursor.fetchall()
        numbers, events, hashes = [], [], []
        for sequence, *values in rows:
            number, previous = number + 1, Link.of_row(*values).after(bytes(previous))
            numbers.append(number)
            events.append(sequence)
            hashes.append(previous)
        if rows:
            cursor.execute(_SEAL, [now, numbers, events, hashes])
        return len(rows)


def publish_head(*, now: datetime) -> Head | None:
    """Tell how far the chain reaches where the database's owner cannot change it.

    To the log always, to the file of CESAI_AUDIT_HEADS and by e-mail to CESAI_AUDIT_MAIL if set.
    """
    head = Seal.head()
    if head is None:
        return None
    log.info("audit_head", number=head.number, hash=head.hash.hex())
    line = json.dumps({"at": now.isoformat(), "head": str(head)})
    if settings.AUDIT_HEADS:
        _append(Path(settings.AUDIT_HEADS), line)
    if settings.AUDIT_MAIL:
        send_mail(
            f"Head of the audit log: {head.number}",
            f"{head}\n\nKeep this: verify_audit --head compares the log with it.\n",
            settings.DEFAULT_FROM_EMAIL,
            [settings.AUDIT_MAIL],
        )
    return head


def _append(path: Path, line: str) -> None:
    with path.open("a") as file:
        file.write(f"{line}\n")
        file.flush()
        os.fsync(file.fileno())


def known_heads() -> list[Head]:
    """What was told to the file of CESAI_AUDIT_HEADS, oldest first. Raises ValueError."""
    path = Path(settings.AUDIT_HEADS) if settings.AUDIT_HEADS else None
    if path is None or not path.exists():
        return []
    lines = path.read_text().splitlines()
    return [Head.of_text(json.loads(line)["head"]) for line in lines if line.strip()]

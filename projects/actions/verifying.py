"""Looking at the whole chain of the audit log for what was changed behind its back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction

from projects.audit import START, Head, Link
from projects.models import AuditCheck
from projects.models.seals import LINK_COLUMNS

TABLES = ("projects_event", "projects_seal")
CHUNK = 5_000
_CHAIN = f"""
SELECT seal.number, seal.hash, event.sequence IS NULL, {LINK_COLUMNS}
FROM projects_seal seal LEFT JOIN projects_event event ON event.sequence = seal.event_id
ORDER BY seal.number
"""  # noqa: S608 (a constant)
_TRIGGERS = """
SELECT wanted.name FROM unnest(%s::text[]) wanted(name)
WHERE NOT EXISTS (
    SELECT 1 FROM pg_trigger WHERE tgrelid = to_regclass(wanted.name)
    AND tgname = 'append_only' AND tgenabled IN ('O', 'A')
)
"""
_RIGHTS = """
SELECT wanted.name FROM unnest(%s::text[]) wanted(name), pg_roles role
WHERE role.rolname = 'cesai_app'
    AND has_table_privilege(role.oid, to_regclass(wanted.name), 'UPDATE, DELETE, TRUNCATE')
"""


class Verdict(NamedTuple):
    """How many seals were looked at, and the first thing that is wrong, if any is."""

    number: int
    head: Head | None
    fault: str


def check_audit(heads: Iterable[Head], *, now: datetime) -> Verdict:
    """Look at the whole chain, and keep what was found for the page."""
    verdict = verify(heads)
    AuditCheck.objects.create(at=now, number=verdict.number, fault=verdict.fault)
    return verdict


def verify(heads: Iterable[Head] = ()) -> Verdict:
    """Follow the chain from its first seal to its last, and compare it with the heads.

    Without a head that was told outside the database, whoever may write everything in it could
    have reckoned the chain anew.
    """
    wanted: dict[int, set[bytes]] = {}
    for head in heads:
        wanted.setdefault(head.number, set()).add(head.hash)
    number, previous = 0, START
    for place, said, link in _rows():
        fault = _fault(number + 1, place, said, link, previous)
        if not fault and wanted.get(place, {said}) != {said}:
            fault = f"Seal {place} is not the one that was published."
        if fault:
            return Verdict(number, _head(number, previous), fault)
        number, previous = place, said
    beyond = max(wanted, default=0)
    if beyond > number:
        fault = f"The log ends at seal {number}, but seal {beyond} was published."
        return Verdict(number, _head(number, previous), fault)
    return Verdict(number, _head(number, previous), _guards())


def _head(number: int, digest: bytes) -> Head | None:
    return Head(number, digest) if number else None


def _fault(expected: int, place: int, said: bytes, link: Link | None, previous: bytes) -> str:
    if place != expected:
        return f"Seal {expected} is missing; seal {place} follows."
    if link is None:
        return f"The event of seal {place} is missing."
    if link.after(previous) != said:
        return f"Event {link.id} (seal {place}) is not what was sealed."
    return ""


def _rows() -> Iterator[tuple[int, bytes, Link | None]]:
    """The chain with a cursor of the server's: the log may be larger than the memory."""
    with transaction.atomic():
        wrapped: Any = connection.connection
        with wrapped.cursor(name="audit_chain") as cursor:
            cursor.itersize = CHUNK
            cursor.execute(_CHAIN)
            for number, said, is_gone, *values in cursor:
                yield number, bytes(said), None if is_gone else Link.of_row(*values)


def _guards() -> str:
    """Whether the database still refuses changes: triggers on, no right to change given."""
    with connection.cursor() as cursor:
        cursor.execute(_TRIGGERS, [list(TABLES)])
        off = [table for (table,) in cursor.fetchall()]
        cursor.execute(_RIGHTS, [list(TABLES)])
        open_to = [table for (table,) in cursor.fetchall()]
    if off:
        return f"The trigger that refuses changes is off or gone: {', '.join(off)}."
    if open_to:
        return f"The application's role may change {', '.join(open_to)}."
    return ""

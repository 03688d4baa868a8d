"""Takes a group's catalogue over, line by line; each line stands or falls by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.serializers import ValidationError

from projects.access import as_uuid
from projects.errors import Conflict, NotThere, Refused
from projects.models import Group, User
from projects.resources import checked
from projects.wire import first_sentence
from registry.actions.exchange import keep_key
from registry.exchange.kinds import KINDS, Kind
from registry.exchange.lines import ORDER, BadLine, Line, Sent
from registry.exchange.references import NOT_THERE, References
from registry.exchange.shapes import SHAPES
from registry.models import ExchangeKey

AT_ONCE = 200  # lines whose keys are looked up together
MOST_TOLD = 20
CREATED, UPDATED, UNCHANGED, FAILED = "created", "updated", "unchanged", "failed"
STATUSES = (CREATED, UPDATED, UNCHANGED, FAILED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one line; `errors` maps its fields to their messages."""

    line: int
    kind: str
    key: str
    status: str
    id: UUID | None = None
    detail: str = ""
    errors: dict[str, Any] = field(default_factory=dict)


class Turn:
    """One push of a group at a time; whoever comes meanwhile is told to wait."""

    def __init__(self, group: Group) -> None:
        """Raises Conflict if another push of the group is under way."""
        self._key = f"catalogue {group.pk}"
        # Inside a transaction the turn ends with it, else with this push.
        self._is_held = not connection.in_atomic_block
        lock = "pg_try_advisory_lock" if self._is_held else "pg_try_advisory_xact_lock"
        if not self._ask(lock):
            raise Conflict(_("A catalogue of this group is being pushed. Wait until it is done."))

    def end(self) -> None:
        """Let the next one in."""
        if self._is_held:
            self._is_held = False
            self._ask("pg_advisory_unlock")

    def _ask(self, function: str) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(hashtextextended(%s, 0))", [self._key])
            return bool(cursor.fetchone()[0])


def push(user: User, group: Group, sent: Sent) -> Iterator[Outcome]:
    """Work through a catalogue; an outcome is told once it is kept."""
    for wrong in sent.wrong:
        yield _unreadable(wrong)
    references = References(user, group)
    for name in ORDER:
        kind = KINDS[name](references)
        lines = sent.of_kind(name)
        while some := list(islice(lines, AT_ONCE)):
            yield from _work(kind, some)


def totals_of(outcomes: Iterable[Outcome], into: Counter[str]) -> Iterator[Outcome]:
    """The outcomes, counted by status while they pass."""
    for outcome in outcomes:
        into[outcome.status] += 1
        yield outcome


def _work(kind: Kind, lines: list[Line]) -> Iterator[Outcome]:
    rows = ExchangeKey.objects.of(kind.group).filter(
        kind=lines[0].kind, key__in=[line.key for line in lines]
    )
    known = {row.key: row for row in rows}
    there = kind.present(row.object_id for row in known.values())
    for line in lines:
        row = known.get(line.key)
        before = row.object_id if row and row.object_id in there else None
        if row and before and row.digest == line.digest:
            yield Outcome(line.number, line.kind, line.key, UNCHANGED, before)
        else:
            yield _one(kind, line, before)


def _one(kind: Kind, line: Line, before: UUID | None) -> Outcome:
    try:
        with transaction.atomic():
            status, key = _take(kind, line, before)
    except ValidationError as error:
        return _failed(line, error.detail)
    except NotThere:
        return _failed(line, {}, str(NOT_THERE))
    except Refused as error:
        fields = {name: [str(one) for one in told] for name, told in error.fields.items()}
        return _failed(line, fields, str(error.detail))
    return Outcome(line.number, line.kind, line.key, status, key)


def _take(kind: Kind, line: Line, before: UUID | None) -> tuple[str, UUID]:
    """The id of an entry of the group is a key of it, beside the one that it may have."""
    values = checked(SHAPES[line.kind], line.values)
    meant = before or as_uuid(line.key)
    entry = kind.find(meant) if meant else None
    is_known = before is None and entry is not None and _has_key(line.kind, entry.pk)
    if entry is None:
        entry, is_changed = kind.create(values)
        status = CREATED if is_changed else UNCHANGED
    else:
        entry, is_changed = kind.update(entry, values)
        status = UPDATED if is_changed else UNCHANGED
    if not is_known:
        keep_key(
            group=kind.group,
            kind=line.kind,
            key=line.key,
            object_id=entry.pk,
            digest=line.digest,
            now=timezone.now(),
        )
    return status, entry.pk


def _has_key(kind: str, key: UUID) -> bool:
    return ExchangeKey.objects.filter(kind=kind, object_id=key).exists()


def _failed(line: Line, errors: Any, detail: str = "") -> Outcome:
    fields = _cut(errors) if isinstance(errors, dict) else {"": _cut(errors)}
    return Outcome(
        line.number, line.kind, line.key, FAILED, None, detail or first_sentence(errors), fields
    )


def _cut(errors: Any) -> Any:
    """The first messages of each field: a line can be wrong in more places than anybody reads."""
    if isinstance(errors, dict):
        return {name: _cut(told) for name, told in islice(errors.items(), MOST_TOLD)}
    return [_cut(told) for told in errors[:MOST_TOLD]] if isinstance(errors, list) else str(errors)


def _unreadable(wrong: BadLine) -> Outcome:
    errors = {"key": [wrong.sentence]} if wrong.kind else {}
    return Outcome(wrong.number, wrong.kind, wrong.key, FAILED, None, wrong.sentence, errors)

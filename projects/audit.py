"""The audit log as a chain: each event's hash covers the event and the hash before it.

h(n) = SHA-256(h(n − 1) ‖ canonical event), h(0) = 32 zero bytes. People stand in it by their key
alone, which stays when a person's data are erased, so that erasure breaks no link.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

START = bytes(32)
_SPELLING = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class Link(NamedTuple):
    """What of an event is sealed; anything else about it may change."""

    id: UUID
    at: datetime
    actor: UUID | None
    kind: str
    object_type: str
    object_id: UUID
    project: UUID | None
    reason: str
    changes: dict[str, Any]

    @classmethod
    def of_row(cls, *values: Any) -> Link:
        """Of the columns in the order of the fields; JSON may still be text."""
        *others, changes = values
        parsed = json.loads(changes) if isinstance(changes, str) else changes
        return cls._make((*others, parsed))

    def canonical(self) -> bytes:
        """The one spelling: a JSON list, keys in order, no blanks, UTF-8, times in UTC."""
        at = self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        keys = [None if key is None else str(key) for key in (self.actor, self.project)]
        values = [str(self.id), at, keys[0], self.kind, self.object_type, str(self.object_id),
                  keys[1], self.reason, self.changes]  # fmt: skip
        return _SPELLING.encode(values).encode("utf-8", "surrogatepass")

    def after(self, previous: bytes) -> bytes:
        """Its hash behind the one before it."""
        return sha256(previous + self.canonical()).digest()


class Head(NamedTuple):
    """How far a chain reached at some time, as it was told outside the database."""

    number: int
    hash: bytes

    @classmethod
    def of_text(cls, text: str) -> Head:
        """Of `number:hash`, the hash in hexadecimal. Raises ValueError."""
        number, _colon, digits = text.partition(":")
        head = cls(int(number), bytes.fromhex(digits))
        if head.number < 1 or len(head.hash) != len(START):
            raise ValueError(text)
        return head

    def __str__(self) -> str:
        return f"{self.number}:{self.hash.hex()}"

"""The ways in which the portal says no; each carries a sentence for the person who asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Messages = Mapping[str, Sequence[Any]]


class Refused(Exception):
    """A decision against what was asked: nothing was changed.

    `detail` is a (lazily translated) sentence: what was refused, why, and what would do.
    `fields` maps the field of the input to its messages.
    """

    code = "refused"
    status = 400

    def __init__(self, detail: Any, *, fields: Messages | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.fields = {name: list(messages) for name, messages in (fields or {}).items()}


class Invalid(Refused):
    """The input itself is wrong."""

    code = "invalid"


class NotAllowed(Refused):
    """The caller may see the object but not do this to it."""

    code = "not-allowed"
    status = 403


class NotThere(Refused):
    """No such object for this caller; the same words whether it exists or not."""

    code = "not-found"
    status = 404

    def __init__(self) -> None:
        super().__init__("")


class Conflict(Refused):
    """The object's state does not admit this, or somebody else was first."""

    code = "conflict"
    status = 409

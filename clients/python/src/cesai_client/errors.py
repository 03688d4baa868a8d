"""What can go wrong, each with the exit code that the command line ends with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class CesaiError(Exception):
    """Anything that keeps a call from being done; its text is a sentence for people."""

    exit_code = 1


class BadInput(CesaiError):
    """What was given cannot be used: an option, a file, a setting."""

    exit_code = 2


class NotReachable(CesaiError):
    """The portal did not answer, or not as a portal does."""

    exit_code = 4


class Refused(CesaiError):
    """The portal said no (RFC 9457): what was refused, why, and what would be accepted.

    `errors` has the messages by field of the body that was sent.
    """

    exit_code = 3

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        *,
        kind: str = "",
        errors: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        super().__init__(detail or title)
        self.status = status
        self.title = title
        self.detail = detail
        self.type = kind
        self.errors = dict(errors or {})


class NotThere(Refused):
    """There is no such thing, or the caller may not see it."""


class NotAllowed(Refused):
    """Seen, but not allowed to this person or this token."""


class Conflict(Refused):
    """Its state does not admit this, or somebody else was first."""


class NotLoggedIn(CesaiError):
    """There is no token, or the portal does not take it (any more)."""

    exit_code = 5


def refusal(
    status: int, title: str, detail: str, kind: str, errors: Mapping[str, Sequence[str]]
) -> CesaiError:
    """The exception for an answer of the portal."""
    if status == 401:
        return NotLoggedIn(f"The portal does not take the token: {detail or title}")
    shape = {403: NotAllowed, 404: NotThere, 409: Conflict}.get(status, Refused)
    return shape(status, title, detail, kind=kind, errors=errors)

"""What can go wrong with a cluster, classified by effect: did anything happen there or not?"""

from __future__ import annotations


class SlurmError(Exception):
    """Anything a call to slurmrestd can end in other than success; `detail` is for people."""

    def __init__(self, detail: str, *, code: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code


class NotReached(SlurmError):
    """Surely nothing happened: connect refused, name not found, TLS failed."""


class Ambiguous(SlurmError):
    """It may have happened: time-out, reset, truncated or unreadable answer, unexplained 5xx."""


class RefusedByCluster(SlurmError):
    """The cluster understood and said no (a known code, no job): final."""


class CredentialRejected(SlurmError):
    """The token is missing, expired or not accepted; a new one is needed, nothing else helps."""


class Unsupported(SlurmError):
    """The server speaks no wire version that we know, or is no slurmrestd at all."""

"""Connections to one cluster during one pass: one client for each UNIX user, with its token."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

from compute.models import Cluster, Credential
from compute.models.sealed import Unreadable
from compute.slurm.client import SlurmClient
from compute.slurm.errors import CredentialRejected
from compute.slurm.rest import connect


class Connections:
    """The clients of one pass. Asking for a user without a usable token raises CredentialRejected."""

    def __init__(self, cluster: Cluster, now: datetime, stack: ExitStack) -> None:
        self.cluster = cluster
        self._stack = stack
        self._clients: dict[str, SlurmClient] = {}
        self._credentials = {c.unix_user: c for c in cluster.credentials.usable(now)}

    @property
    def users(self) -> frozenset[str]:
        """The UNIX users for whom a usable token is there."""
        return frozenset(self._credentials)

    def of(self, unix_user: str) -> SlurmClient:
        """The client that speaks as this UNIX user."""
        if unix_user not in self._clients:
            self._clients[unix_user] = self._open(unix_user)
        return self._clients[unix_user]

    def control(self) -> SlurmClient:
        """The client that may keep accounts under the CESAI parent account."""
        for user, credential in self._credentials.items():
            if credential.kind == Credential.Kind.CONTROL:
                return self.of(user)
        raise CredentialRejected("no usable control credential")

    def any(self) -> SlurmClient:
        """A client for reading, the control credential's if there is one."""
        by_kind = sorted(self._credentials.values(), key=lambda c: (c.kind, c.unix_user))
        if not by_kind:
            raise CredentialRejected("no usable credential")
        return self.of(by_kind[0].unix_user)

    def _open(self, unix_user: str) -> SlurmClient:
        credential = self._credentials.get(unix_user)
        if credential is None:
            raise CredentialRejected(f"no usable credential for {unix_user}")
        try:
            token = credential.token()
        except Unreadable as error:
            raise CredentialRejected(f"the credential of {unix_user}: {error}") from error
        health = self.cluster.health
        client = connect(
            url=self.cluster.rest_url, user=unix_user, token=token, wire=health.wire or None
        )
        return self._stack.enter_context(client)


@contextmanager
def connections(cluster: Cluster, now: datetime) -> Iterator[Connections]:
    """Clients that are closed at the end of the pass."""
    with ExitStack() as stack:
        yield Connections(cluster, now, stack)

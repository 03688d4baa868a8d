"""Connections to one cluster during one pass: one client for each UNIX user, with its token."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

import structlog
from django.conf import settings

from compute.models import Cluster, Credential
from compute.slurm.client import SlurmClient
from compute.slurm.errors import CredentialRejected
from compute.slurm.rest import Limits, Silence, connect
from projects.models.sealed import Unreadable

log = structlog.get_logger(__name__)


class Connections:
    """The clients of one pass; for a user without a usable token CredentialRejected is raised."""

    def __init__(self, cluster: Cluster, now: datetime, stack: ExitStack) -> None:
        self.cluster = cluster
        self._stack = stack
        self._silence = Silence()
        self._clients: dict[str, SlurmClient] = {}
        # Control first: for reading it serves as well as any.
        rows = sorted(cluster.credentials.usable(now), key=lambda c: (c.kind, c.unix_user))
        self._tokens = {row.unix_user: token for row in rows if (token := _read(row))}
        self._controls = {row.unix_user for row in rows if row.kind == Credential.Kind.CONTROL}

    @property
    def users(self) -> frozenset[str]:
        """The UNIX users under whom jobs can be handed over now; never the control user."""
        return frozenset(self._tokens) - self._controls

    @property
    def has_tokens(self) -> bool:
        """Whether there is any to read with."""
        return bool(self._tokens)

    @property
    def are_silent(self) -> bool:
        """Whether a call was not answered in time; then no other is made in this pass."""
        return self._silence.has_begun

    def of(self, unix_user: str) -> SlurmClient:
        """The client that speaks as this UNIX user."""
        if unix_user not in self._tokens:
            raise CredentialRejected(f"no usable credential for {unix_user}")
        if unix_user not in self._clients:
            self._clients[unix_user] = self._open(unix_user)
        return self._clients[unix_user]

    def control(self) -> SlurmClient:
        """The client that may keep accounts under the CESAI parent account."""
        for user in self._tokens:
            if user in self._controls:
                return self.of(user)
        raise CredentialRejected("no usable control credential")

    def any(self) -> SlurmClient:
        """A client for reading, the control credential's if there is one."""
        for user in self._tokens:
            return self.of(user)
        raise CredentialRejected("no usable credential")

    def leave_out_first(self) -> None:
        """Do without the token that `any` uses: the cluster rejected it."""
        self._tokens.pop(next(iter(self._tokens)))

    def _open(self, unix_user: str) -> SlurmClient:
        cluster = self.cluster
        client = connect(
            url=cluster.rest_url,
            user=unix_user,
            token=self._tokens[unix_user],
            cluster=cluster.slurm_cluster,
            wire=cluster.health.wire or None,
            limits=_limits(),
            silence=self._silence,
        )
        return self._stack.enter_context(client)


def _limits() -> Limits:
    read = float(settings.CLUSTER_READ_SECONDS)
    return Limits(connect=min(5.0, read), read=read, total=max(3 * read, 60.0))


@contextmanager
def connections(cluster: Cluster, now: datetime) -> Iterator[Connections]:
    """Clients that are closed at the end of the pass."""
    with ExitStack() as stack:
        yield Connections(cluster, now, stack)


def _read(credential: Credential) -> str:
    """The token in clear; one that cannot be opened counts as not delivered."""
    try:
        return credential.token()
    except Unreadable as error:
        log.warning("credential_unreadable", credential=str(credential), detail=str(error))
        return ""

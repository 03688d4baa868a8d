"""The client: one portal, one token, its resources."""

from __future__ import annotations

from typing import Any, Self

from cesai_client import resources
from cesai_client.retrying import Retries
from cesai_client.transport import Transport


class Client:
    """The portal at `url` as the owner of `token` sees it; every method raises CesaiError.

    Reads are repeated when the portal is away for a moment; so are changes, with the key of their
    intent, so that they act once. What has no method here is called by `get` and `send`.
    """

    def __init__(
        self, url: str, token: str, *, timeout: float = 60, retries: Retries | None = None
    ) -> None:
        self._transport = Transport(url, token, timeout=timeout, retries=retries)
        self.partners = resources.Partners(self._transport)
        self.groups = resources.Groups(self._transport)
        self.memberships = resources.Memberships(self._transport)
        self.tokens = resources.Tokens(self._transport)
        self.projects = resources.Projects(self._transport)
        self.clusters = resources.Clusters(self._transport)
        self.pools = resources.Pools(self._transport)
        self.allocations = resources.Allocations(self._transport)
        self.requests = resources.Requests(self._transport)
        self.jobs = resources.Jobs(self._transport)
        self.models = resources.Models(self._transport)
        self.versions = resources.Versions(self._transport)

    def __repr__(self) -> str:
        return f"Client({self.url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._transport.close()

    @property
    def url(self) -> str:
        """The portal's address."""
        return self._transport.url

    @property
    def transport(self) -> Transport:
        """For what streams."""
        return self._transport

    def get(self, path: str, **params: Any) -> Any:
        """GET below /api/v1/."""
        return self._transport.get(path, params)

    def send(self, method: str, path: str, body: Any = None, *, key: str = "") -> Any:
        """POST, PUT, PATCH or DELETE below /api/v1/."""
        return self._transport.send(method, path, body, key=key)

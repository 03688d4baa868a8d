"""Speaks HTTP to slurmrestd; the only place that does."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import httpx
import jwt
import orjson

from compute.slurm.answers import Answer
from compute.slurm.client import SlurmClient
from compute.slurm.dialect import Dialect
from compute.slurm.errors import (
    Ambiguous,
    CredentialRejected,
    NotReached,
    SlurmError,
    Unsupported,
)
from compute.slurm.v38 import V38
from compute.slurm.v42 import V42
from projects.outgoing import Line

# These arise before the first byte of a request leaves us.
_NOTHING_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
)
WIRES: Mapping[str, type[Dialect]] = {"v0.0.42": V42, "v0.0.38": V38}  # newest first
# A token that ends within this many seconds counts as ended: clocks differ, calls take time.
SKEW_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait, in seconds, and how many bytes to take from a cluster.

    A silent slurmctld shows only after the site's MessageTimeout (10 s by default, 30 s seen),
    for single jobs after twice that.
    """

    connect: float = 5.0
    read: float = 65.0
    total: float = 180.0
    answer_bytes: int = 8 << 20
    list_bytes: int = 256 << 20


DEFAULT_LIMITS = Limits()


class Silence:
    """Shared by the connections of one pass: once a call was not answered in time, none waits.

    Otherwise each of some hundred calls that are due would wait for as long as the first.
    """

    has_begun = False


def connect(
    *,
    url: str,
    user: str,
    token: str,
    cluster: str = "",
    limits: Limits = DEFAULT_LIMITS,
    wire: str | None = None,
    silence: Silence | None = None,
) -> SlurmClient:
    """A client for one cluster as one UNIX user; close it or use it in `with`.

    `cluster` is Slurm's own name of the cluster, needed where several share one accounting and
    the release is 22.05. Without `wire` the server is asked which versions it speaks. Once
    `silence` has begun, every call raises NotReached at once.
    Raises what every call raises, and Unsupported if there is no version that we know.
    """
    connection = Connection(url=url, user=user, token=token, limits=limits, silence=silence)
    try:
        return WIRES[wire or _negotiate(connection)](connection, cluster)
    except KeyError:
        connection.close()
        raise Unsupported(f"We do not speak {wire}.") from None
    except SlurmError:
        connection.close()
        raise


class NotJsonError(Ambiguous):
    """Something answered in another language: a proxy, a log-in page, another server."""


class Connection:
    """A `Call` over persistent connections: no redirects, no proxies of the environment.

    Each call takes a line for itself, one that is idle or a new one. httpx's own client would
    cost each of 16 calls at once twice the time: its pool looks at all connections before and
    after every call, and it merges addresses, headers and cookies that never change here.
    """

    def __init__(
        self, *, url: str, user: str, token: str, limits: Limits, silence: Silence | None = None
    ) -> None:
        self._limits = limits
        self._silence = silence
        self._expires_at = _expiry(token)
        self._headers = {
            "Accept": "*/*",
            # A compressed answer could be a small bomb.
            "Accept-Encoding": "identity",
            "X-SLURM-USER-NAME": user,
            "X-SLURM-USER-TOKEN": token,
        }
        self._waits = httpx.Timeout(limits.read, connect=limits.connect).as_dict()
        self._idle: deque[Line] = deque()
        try:
            self._base = str(httpx.URL(url)).rstrip("/")
        except httpx.InvalidURL as error:
            raise NotReached(f"{url} is no address: {error}") from error

    def __call__(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
        is_list: bool = False,
    ) -> Answer:
        if self._expires_at is not None and self._expires_at - SKEW_SECONDS <= time.time():
            # slurmrestd would answer as if slurmctld were down (22.05) or fail oddly.
            raise CredentialRejected("The token has expired.")
        if self._silence and self._silence.has_begun:
            raise NotReached("The cluster went silent, so this call was not made.")
        largest = self._limits.list_bytes if is_list else self._limits.answer_bytes
        content = None if body is None else orjson.dumps(body)
        typed = {} if body is None else {"Content-Type": "application/json"}
        request = httpx.Request(
            method,
            self._base + path,
            params=query,
            content=content,
            headers={**self._headers, **typed},
            extensions={"timeout": self._waits},
        )
        try:
            status, received = self._send(request, largest)
        except httpx.HTTPError as error:
            raise self._failure(request.url.host, error) from error
        return _parse(status, received)

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _failure(self, host: str, error: httpx.HTTPError) -> SlurmError:
        if self._silence and isinstance(error, httpx.TimeoutException):
            self._silence.has_begun = True
        if isinstance(error, _NOTHING_SENT):
            return NotReached(f"{host} cannot be reached: {error}")
        return Ambiguous(f"{host} gave no complete answer: {str(error) or type(error).__name__}")

    def _send(self, request: httpx.Request, largest: int) -> tuple[int, bytes]:
        line = self._line()
        line.until = time.monotonic() + self._limits.total
        try:
            response = line.handle_request(request)
            try:
                return response.status_code, _read(response, largest)
            finally:
                response.close()
        finally:
            self._idle.append(line)  # a broken connection is replaced at its next call

    def _line(self) -> Line:
        try:
            return self._idle.pop()  # the one used last: its connection is the least stale
        except IndexError:
            return Line()


def _read(response: httpx.Response, largest: int) -> bytes:
    received = bytearray()
    for chunk in response.iter_raw():
        received += chunk
        if len(received) > largest:
            raise Ambiguous(f"The answer is larger than {largest} bytes.")
    return bytes(received)


def _parse(status: int, received: bytes) -> Answer:
    if status == 304:
        return Answer(status, {})
    if 300 <= status < 400:
        raise Unsupported("The server wants to redirect us; redirects are not followed.")
    try:
        body = orjson.loads(received)
    except orjson.JSONDecodeError:
        raise _without_json(status, received) from None
    if not isinstance(body, dict):
        raise NotJsonError("The answer is not a JSON object.")
    return Answer(status, body)


def _without_json(status: int, received: bytes) -> SlurmError:
    words = received[:200].decode(errors="replace").strip()
    if status == 401:
        return CredentialRejected(words or "The server asks for a token.")
    if status in (404, 405):
        return Unsupported(f"The server does not know this call: {words}")
    return NotJsonError(f"The answer with HTTP status {status} is not JSON: {words}")


def _negotiate(connection: Connection) -> str:
    try:
        served = connection("GET", "/openapi/v3", is_list=True).body.get("paths")
    except NotJsonError as error:
        raise Unsupported(f"This is not slurmrestd: {error.detail}") from error
    paths = served if isinstance(served, dict) else {}
    for wire in WIRES:
        if any(path.startswith(f"/slurm/{wire}/") for path in paths):
            return wire
    raise Unsupported(f"The server speaks none of {', '.join(WIRES)}.")


def _expiry(token: str) -> float | None:
    """When a token ends, read without checking its signature, which only the cluster can."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False, "verify_exp": False})
    except jwt.InvalidTokenError as error:
        raise CredentialRejected(f"The token is no JSON web token: {error}") from error
    ends = claims.get("exp")
    return float(ends) if isinstance(ends, int | float) else None

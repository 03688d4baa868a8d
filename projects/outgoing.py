"""HTTP to addresses that people typed, and the connections of all calls outside."""

from __future__ import annotations

import math
import socket
import ssl
import time
from collections.abc import Mapping
from concurrent.futures import Future
from enum import StrEnum
from functools import cache
from threading import Thread
from typing import Any, NamedTuple

import httpcore
import httpx

from projects.addresses import Address, AddressRefused, Destination, Networks, Why, destination_of

_ONE = httpx.Limits(max_connections=1)
# Of a call to an address that somebody typed, from looking up its name on.
SECONDS = 5.0
ANSWER_BYTES = 64 << 10


class Line(httpx.HTTPTransport):
    """One connection, on which nothing is waited for beyond `until` (of `time.monotonic`).

    httpx waits anew for each piece: for a header that comes letter by letter, a day. With `to`
    the connection leads there, whatever the host's name says by now; TLS still asks for the name.
    """

    def __init__(
        self, *, to: Address | None = None, trusted: ssl.SSLContext | None = None
    ) -> None:
        context = trusted or default_trust()
        super().__init__(verify=context, trust_env=False, limits=_ONE)
        self.until = math.inf
        self.to = to
        # httpx takes no backend for the network; its pool does.
        self._pool = httpcore.ConnectionPool(
            ssl_context=context, max_connections=1, network_backend=_Backend(self)
        )


class _Backend(httpcore.SyncBackend):
    def __init__(self, line: Line) -> None:
        self._line = line

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *args: Any, **options: Any
    ) -> httpcore.NetworkStream:
        left = self._line.until - time.monotonic()
        if left <= 0:
            raise httpcore.ConnectTimeout("it took longer than a call may")
        wait = left if timeout is None else min(timeout, left)
        where = str(self._line.to or host)
        longest = None if math.isinf(wait) else wait
        stream = super().connect_tcp(where, port, longest, *args, **options)
        return _Stream(stream, self._line)


class _Stream(httpcore.NetworkStream):
    """A stream whose every read and write ends with its line's time."""

    def __init__(self, stream: httpcore.NetworkStream, line: Line) -> None:
        self._stream, self._line = stream, line

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            return self._stream.read(max_bytes, self._left(timeout))
        except httpcore.ReadTimeout:
            self._left(timeout)  # which of the two ends it was
            raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        wait = self._left(timeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, wait), self._line)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def _left(self, timeout: float | None) -> float:
        left = self._line.until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("it took longer than a call may")
        return left if timeout is None else min(timeout, left)


@cache
def default_trust() -> ssl.SSLContext:
    """Shared by all connections: to read the certificates takes 0.1 s."""
    return httpx.create_ssl_context(trust_env=False)


@cache
def trust_with(file: str) -> ssl.SSLContext:
    """What is trusted by default and, if a file is named, the authorities in it."""
    context = httpx.create_ssl_context(trust_env=False)
    if file:
        context.load_verify_locations(cafile=file)
    return context


class Problem(StrEnum):
    """Why a call brought nothing; what exactly was read stays outside."""

    FORBIDDEN = "forbidden"  # by the rules of projects.addresses
    UNKNOWN = "unknown"  # the name has no address
    UNREACHABLE = "unreachable"
    UNTRUSTED = "untrusted"  # TLS
    SLOW = "slow"
    BROKEN = "broken"  # no HTTP, or broken off


class Answered(NamedTuple):
    """The status of an answer, or why there is none; and the seconds that it took."""

    status: int | None
    problem: Problem | None
    seconds: float


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    allowed: Networks = (),
    trusted: ssl.SSLContext | None = None,
) -> Answered:
    """One POST to a checked address: no redirect is followed, no proxy asked, no word kept.

    Of the answer ANSWER_BYTES are read at the most; its status is what counts.
    """
    begun = time.monotonic()
    try:
        there = destination_of(url, _until(begun + SECONDS), allowed=allowed)
        with Line(to=there.address, trusted=trusted) as line:
            line.until = begun + SECONDS
            status, problem = _posted(line, there, body, headers), None
    except AddressRefused as refused:
        status = None
        problem = Problem.UNKNOWN if refused.why is Why.UNKNOWN else Problem.FORBIDDEN
    except httpx.TimeoutException:
        status, problem = None, Problem.SLOW
    except httpx.ConnectError as error:
        status = None
        problem = Problem.UNTRUSTED if "CERTIFICATE" in str(error) else Problem.UNREACHABLE
    except (httpx.HTTPError, httpx.InvalidURL):
        status, problem = None, Problem.BROKEN
    return Answered(status, problem, time.monotonic() - begun)


def _posted(line: Line, there: Destination, body: bytes, headers: Mapping[str, str]) -> int:
    request = httpx.Request(
        "POST",
        f"https://{there.host}:{there.port}{there.target}",
        content=body,
        # A compressed answer could be a small bomb.
        headers={**headers, "Accept-Encoding": "identity", "Connection": "close"},
        extensions={"timeout": httpx.Timeout(None).as_dict()},
    )
    response = line.handle_request(request)
    try:
        read = 0
        for chunk in response.iter_raw():
            read += len(chunk)
            if read > ANSWER_BYTES:
                break
    finally:
        response.close()
    return response.status_code


def _until(until: float) -> Any:
    """A look-up that ends in time: the system's own knows no limit, so it is left behind."""

    def resolve(host: str, port: int) -> list[str]:
        found: Future[list[str]] = Future()
        Thread(target=_look_up, args=(host, port, found), daemon=True).start()
        try:
            return found.result(timeout=max(0.0, until - time.monotonic()))
        except TimeoutError as error:
            raise httpx.ConnectTimeout("the name was not found in time") from error

    return resolve


def _look_up(host: str, port: int, found: Future[list[str]]) -> None:
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        found.set_result(list(dict.fromkeys(str(row[4][0]) for row in rows)))
    except (OSError, UnicodeError) as error:
        found.set_exception(error if isinstance(error, OSError) else OSError(str(error)))

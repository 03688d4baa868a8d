"""A proxy between portal and cluster that does to calls what networks and servers do to them."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

HTML = b"<!DOCTYPE html><title>Maintenance</title><h1>We are back soon.</h1>"
HUGE = 100 << 20  # bytes
ERROR = b'{"errors": [{"error_number": -1, "error": "Unspecified error"}]}'


class Fault(Enum):
    """What happens to one call; the comment says whether the cluster hears of it."""

    DELAY = "waits before the call goes on"  # yes
    RESET_AT_ONCE = "resets the connection when the call begins"  # no
    RESET_AFTER_HEADERS = "passes the headers on and resets"  # half of it
    RESET_AFTER_BODY = "passes the whole call on and resets before the answer"  # yes
    RESET_IN_ANSWER = "resets after the headers of the answer"  # yes
    TRUNCATED = "ends within the body of the answer"  # yes
    WRONG_LENGTH = "announces more bytes than come"  # yes
    ERROR_BEFORE = "answers 500 without asking the cluster"  # no
    ERROR_AFTER = "answers 500 after the cluster did it"  # yes
    SLOW = "sends the answer in drops"  # yes
    HUGE = "answers with 100 MB"  # yes
    HTML = "answers with a page of a gateway"  # no
    LATE = "passes the call on after the caller gave up"  # yes, later
    REDIRECT = "answers with a redirect to somewhere else"  # no


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it came: `raw` is all of it, `head` up to the empty line."""

    method: str
    path: str
    head: bytes
    raw: bytes


class Proxy:
    """Listens on a loopback port; `choose` says what happens to each call, None for nothing."""

    def __init__(self, upstream: int, choose: Callable[[Call], Fault | None]) -> None:
        self.upstream = upstream
        self.choose = choose
        self.late_seconds: Callable[[], float] = lambda: 0.5
        self.seen: Counter[Fault] = Counter()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._late: list[threading.Thread] = []
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        """Listen no more, and wait for what is still to be delivered."""
        self._listener.close()
        for thread in self._late:
            thread.join()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _address = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with client, contextlib.suppress(OSError):
            for call in _calls(client):
                fault = self.choose(call)
                if fault is not None:
                    self.seen[fault] += 1
                if not self._answer(client, call, fault):
                    return

    def _answer(self, client: socket.socket, call: Call, fault: Fault | None) -> bool:
        """Whether the connection may be used again."""
        match fault:
            case Fault.RESET_AT_ONCE:
                return _reset(client)
            case Fault.RESET_AFTER_HEADERS:
                self._send_half(call)
                return _reset(client)
            case Fault.ERROR_BEFORE:
                return _send(client, b"500 Internal Server Error", ERROR)
            case Fault.HTML:
                return _send(client, b"200 OK", HTML, kind=b"text/html")
            case Fault.REDIRECT:
                return _send(client, b"302 Found", b"", more=b"Location: http://127.0.0.1:9/\r\n")
            case Fault.LATE:
                self._deliver_late(call)
                return _reset(client)
            case Fault.DELAY:
                time.sleep(0.3)
        return self._wound(client, self._ask(call), fault)

    def _wound(self, client: socket.socket, answer: bytes, fault: Fault | None) -> bool:
        head, _, body = answer.partition(b"\r\n\r\n")
        match fault:
            case Fault.RESET_AFTER_BODY:
                return _reset(client)
            case Fault.RESET_IN_ANSWER:
                client.sendall(head + b"\r\n\r\n")
                return _reset(client)
            case Fault.TRUNCATED:
                client.sendall(head + b"\r\n\r\n" + body[: len(body) // 2])
                return False
            case Fault.WRONG_LENGTH:
                client.sendall(_with_length(head, len(body) + 1000) + b"\r\n\r\n" + body)
                return False
            case Fault.ERROR_AFTER:
                return _send(client, b"500 Internal Server Error", ERROR)
            case Fault.SLOW:
                for at in range(0, len(answer), 2048):
                    client.sendall(answer[at : at + 2048])
                    time.sleep(0.02)
                return True
            case Fault.HUGE:
                client.sendall(_with_length(head, HUGE) + b"\r\n\r\n")
                for _ in range(HUGE >> 20):
                    client.sendall(b" " * (1 << 20))
                return False
        client.sendall(answer)
        return b"connection: close" not in head.lower()

    def _ask(self, call: Call) -> bytes:
        with socket.create_connection(("127.0.0.1", self.upstream), timeout=30) as cluster:
            cluster.sendall(call.raw)
            return next(_messages(cluster), b"")

    def _send_half(self, call: Call) -> None:
        with socket.create_connection(("127.0.0.1", self.upstream), timeout=30) as cluster:
            cluster.sendall(call.head)

    def _deliver_late(self, call: Call) -> None:
        def deliver() -> None:
            time.sleep(self.late_seconds())
            with contextlib.suppress(OSError):
                self._ask(call)

        thread = threading.Thread(target=deliver, daemon=True)
        thread.start()
        self._late.append(thread)


def _calls(client: socket.socket) -> Iterator[Call]:
    for raw in _messages(client):
        head = raw[: raw.index(b"\r\n\r\n") + 4]
        method, path, _version = head.split(b"\r\n", 1)[0].decode().split(" ")
        yield Call(method, path, head, raw)


def _messages(peer: socket.socket) -> Iterator[bytes]:
    """Each HTTP message of a connection, whole."""
    data = b""
    while True:
        while b"\r\n\r\n" not in data:
            got = peer.recv(65536)
            if not got:
                return
            data += got
        head, _, rest = data.partition(b"\r\n\r\n")
        length = _length(head)
        chunks = [rest]
        size = len(rest)
        while size < length:
            got = peer.recv(1 << 20)
            if not got:
                return
            chunks.append(got)
            size += len(got)
        rest = b"".join(chunks)
        yield head + b"\r\n\r\n" + rest[:length]
        data = rest[length:]


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _with_length(head: bytes, length: int) -> bytes:
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-len")]
    return b"\r\n".join([*lines, b"Content-Length: %d" % length])


def _send(
    client: socket.socket,
    status: bytes,
    body: bytes,
    *,
    kind: bytes = b"application/json",
    more: bytes = b"",
) -> bool:
    client.sendall(
        b"HTTP/1.1 %s\r\nContent-Type: %s\r\n%sContent-Length: %d\r\n\r\n%s"
        % (status, kind, more, len(body), body)
    )
    return True


def _reset(client: socket.socket) -> bool:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    return False

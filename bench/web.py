"""The portal's web server for benchmarks, and a client that keeps its connection."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.measure import percentile

BIN = Path(sys.executable).parent


class Client:
    """One kept-alive connection of the standard library: 0.1 ms a call."""

    def __init__(self, port: int, token: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.connection.connect()
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.headers = {"Authorization": f"Bearer {token}", "Host": "127.0.0.1"}

    def call(self, path: str, body: bytes = b"", method: str = "GET", **headers: str) -> bytes:
        """The body of a 2xx answer. Raises RuntimeError for another."""
        more = {"Content-Type": "application/json", **headers} if body else headers
        self.connection.request(method, path, body or None, {**self.headers, **more})
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:300]!r}")
        return content


@contextmanager
def web(environment: dict[str, str]) -> Iterator[int]:
    """Gunicorn with two workers as in production, on a free port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = int(listener.getsockname()[1])
    settings = {
        **os.environ,
        **environment,
        "CESAI_BIND": f"127.0.0.1:{port}",
        "CESAI_WEB_WORKERS": "2",
        "CESAI_TOKEN_RATE": "1000000/s",  # the limit itself is not what is measured
        "CESAI_SECOND_FACTOR": "false",
    }
    command = [str(BIN / "gunicorn"), "cesai.wsgi", "--config", "cesai/gunicorn.py"]
    quiet = subprocess.DEVNULL
    server = subprocess.Popen(command, env=settings, stdout=quiet, stderr=quiet)
    try:
        _wait(port)
        yield port
    finally:
        server.terminate()
        server.wait()


def latency(client: Client, path: str, *, calls: int = 200) -> float:
    """The median of calls one after another, in milliseconds."""
    for _ in range(20):
        client.call(path)
    times = []
    for _ in range(calls):
        begin = time.perf_counter()
        client.call(path)
        times.append((time.perf_counter() - begin) * 1000)
    return percentile(times, 0.5)


def rate(port: int, token: str, path: str, *, clients: int = 8, seconds: float = 4.0) -> float:
    """Answers a second to so many clients at once."""
    counts = [0] * clients
    end = time.perf_counter() + seconds

    def ask(place: int) -> None:
        client = Client(port, token)
        while time.perf_counter() < end:
            client.call(path)
            counts[place] += 1

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


def _wait(port: int) -> None:
    end = time.perf_counter() + 60
    while time.perf_counter() < end:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError("the web server did not answer within a minute")

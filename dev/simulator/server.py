"""The simulator's HTTP server, in this process or on its own."""

from __future__ import annotations

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import parse_qsl, urlsplit

import orjson

from dev.simulator.cluster import Cluster, Settings
from dev.simulator.faults import Fault, Faults
from dev.simulator.wire import Reply, Request, Wire
from dev.simulator.wire38 import Wire38
from dev.simulator.wire42 import Wire42

WIRES: dict[str, type[Wire]] = {"v0.0.38": Wire38, "v0.0.42": Wire42}
ERROR = Reply(500, {"errors": [{"error_number": -1, "error": "Unspecified error"}]})


class Simulator:
    """A cluster on a loopback port: `with Simulator(wire="v0.0.38") as simulator: …`.

    Takes the fields of `Settings` by name and a port, 0 for any free one; the address may be
    another one on a network of our own.
    """

    def __init__(self, port: int = 0, address: str = "127.0.0.1", **settings: Any) -> None:
        self.settings = Settings(**settings)
        self.cluster = Cluster(self.settings)
        self.faults: Faults = self.cluster.faults
        self.wire = WIRES[self.settings.wire](self.cluster)
        self.lock = threading.Lock()
        self._address, self._port = address, port
        self._server: _Server | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        self.cluster.close()

    @property
    def url(self) -> str:
        return f"http://{self._address}:{self._port}"

    @property
    def starts(self) -> list[dict[str, Any]]:
        """Every start of a job so far, for a checker that trusts nobody else."""
        with self.lock:
            self.cluster.scheduler.advance(self.cluster.now())
            return list(self.cluster.scheduler.starts)

    def start(self) -> None:
        """Listen; after `stop` on the same port again."""
        self._server = _Server(self, self._address, self._port)
        self._port = self._server.server_address[1]
        serve = self._server.serve_forever
        # The argument is how often it looks whether it should stop, in seconds.
        threading.Thread(target=serve, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Close the port; jobs go on."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def token(self, user: str, seconds: int = 3600) -> str:
        """A token for a user, of a negative lifetime for one that has expired."""
        return self.cluster.token(user, seconds)

    def requeue(self, job_id: int) -> None:
        """What `scontrol requeue` does."""
        with self.lock:
            self.cluster.scheduler.requeue(job_id, self.cluster.now())

    def answer(self, request: Request) -> Reply:
        with self.lock:
            self.cluster.scheduler.advance(request.now)
            return self.wire.answer(request)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, simulator: Simulator, address: str, port: int) -> None:
        self.simulator = simulator
        self._open: set[socket.socket] = set()
        super().__init__((address, port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Close kept-alive connections too, as the end of a process would."""
        super().server_close()
        for connection in list(self._open):
            self.shutdown_request(connection)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else the client waits 40 ms for each answer

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the starts are the record."""

    def _serve(self) -> None:
        simulator = cast(_Server, self.server).simulator
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if delay := simulator.faults.delay_seconds:
            time.sleep(delay)
        if (part := simulator.faults.hangs_at) and part in self.path:
            return self._wait_for_the_caller_to_give_up()
        fault = simulator.faults.take(self.path)
        if fault is Fault.ERROR_BEFORE:
            return self._send(ERROR)
        if fault is Fault.DROP_BEFORE:
            return self._drop()
        reply = self._answer(simulator, body)
        if fault is Fault.DROP_AFTER:
            return self._drop()
        return self._send(ERROR if fault is Fault.ERROR_AFTER else reply, fault)

    def _answer(self, simulator: Simulator, body: bytes) -> Reply:
        url = urlsplit(self.path)
        if url.path == "/_simulator/starts":
            return Reply(200, {"starts": simulator.starts})
        user = self.headers.get("X-SLURM-USER-NAME")
        token = self.headers.get("X-SLURM-USER-TOKEN")
        if user is None or token is None:
            return Reply(401, "Authentication failure")
        if url.path in ("/openapi", "/openapi/v3", "/openapi.json"):
            return simulator.wire.openapi()
        request = Request(
            method=self.command,
            path=url.path,
            query=dict(parse_qsl(url.query, keep_blank_values=True)),
            body=orjson.loads(body) if body else {},
            user=user,
            has_good_token=simulator.cluster.accepts(user, token),
            now=simulator.cluster.now(),
        )
        return simulator.answer(request)

    def _send(self, reply: Reply, fault: Fault | None = None) -> None:
        is_text = isinstance(reply.body, str)
        content = reply.body.encode() if isinstance(reply.body, str) else orjson.dumps(reply.body)
        # Like slurmrestd it hangs up after an error.
        self.close_connection = reply.status >= 400 or fault is Fault.TRUNCATE_AFTER
        head = (
            f"HTTP/1.1 {reply.status} X\r\n"
            f"Content-Type: {'text/plain' if is_text else 'application/json'}\r\n"
            f"Content-Length: {len(content)}\r\n"
            f"{'Connection: Close' if self.close_connection else ''}"
        )
        if fault is Fault.TRUNCATE_AFTER:
            content = content[: len(content) // 2]
        self.wfile.write(f"{head.rstrip()}\r\n\r\n".encode() + content)

    def _wait_for_the_caller_to_give_up(self) -> None:
        self.rfile.read(1)  # ends when the connection does
        self.close_connection = True

    def _drop(self) -> None:
        """Reset the connection without a word."""
        self.close_connection = True
        linger = (1).to_bytes(4, "little") + (0).to_bytes(4, "little")
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

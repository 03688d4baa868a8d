"""The right wire version is found, and what is no slurmrestd does us no harm."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
import pytest

from compute.slurm.client import SlurmClient
from compute.slurm.errors import Ambiguous, NotReached, Unsupported
from compute.slurm.rest import Limits, connect
from tests.slurm.contract import ClusterUnderTest

Serve = Callable[[Callable[[BaseHTTPRequestHandler], None]], str]
TOKEN = jwt.encode(
    {"exp": int(time.time()) + 3600}, "any key that is long enough to sign", "HS256"
)
JSON = "Content-Type: application/json"


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server that answers every GET as told; gives its address."""
    servers: list[ThreadingHTTPServer] = []

    def start(answer: Callable[[BaseHTTPRequestHandler], None]) -> str:
        handler = type("Handler", (BaseHTTPRequestHandler,), {"do_GET": answer})
        handler.log_message = lambda *_: None  # type: ignore[attr-defined]
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def client_of(url: str, limits: Limits | None = None, wire: str | None = "v0.0.38") -> SlurmClient:
    return connect(url=url, user="alice", token=TOKEN, limits=limits or Limits(), wire=wire)


def answer(handler: BaseHTTPRequestHandler, status: int, body: bytes, *headers: str) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    for header in headers:
        handler.send_header(*header.split(": ", 1))
    handler.end_headers()
    handler.wfile.write(body)


def test_the_server_is_asked_which_version_it_serves(
    cluster: ClusterUnderTest, alice: SlurmClient
) -> None:
    ping = alice.ping()
    assert (alice.wire, ping.wire, ping.is_up) == (cluster.wire, cluster.wire, True)
    assert ping.slurm_version.startswith(cluster.release)


def test_partitions_are_shown(alice: SlurmClient) -> None:
    [gpu] = [part for part in alice.partitions() if part.name == "gpu"]
    assert (gpu.state, gpu.max_minutes) == ("UP", 2880)
    assert gpu.nodes == ("north1",)


def test_an_unknown_version_is_not_spoken(cluster: ClusterUnderTest) -> None:
    with pytest.raises(Unsupported):
        client_of(cluster.url, wire="v0.0.1")


def test_a_closed_port_is_not_reached() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(NotReached):
            client_of(url).jobs()


@pytest.mark.parametrize("url", ["http://cluster.invalid", "ftp://127.0.0.1", "http://[bad"])
def test_an_address_that_leads_nowhere_is_not_reached(url: str) -> None:
    with pytest.raises(NotReached):
        client_of(url).jobs()


def test_a_web_page_is_no_slurmrestd(serve: Serve) -> None:
    url = serve(lambda handler: answer(handler, 200, b"<html>Welcome</html>"))
    with pytest.raises(Unsupported):
        client_of(url, wire=None)
    with pytest.raises(Ambiguous):
        client_of(url).jobs()


def test_json_of_another_service_is_no_empty_list(serve: Serve) -> None:
    url = serve(lambda handler: answer(handler, 200, b'{"jobs": []}', JSON))
    with pytest.raises(Ambiguous):
        client_of(url).jobs()


def test_a_redirect_is_not_followed(serve: Serve) -> None:
    seen: list[str] = []

    def redirect(handler: BaseHTTPRequestHandler) -> None:
        seen.append(handler.path)
        answer(handler, 302, b"", "Location: /elsewhere")

    url = serve(redirect)
    with pytest.raises(Unsupported):
        client_of(url).jobs()
    assert seen == ["/slurm/v0.0.38/jobs"]


def test_an_answer_without_end_is_cut_off(serve: Serve) -> None:
    sent: list[int] = []

    def flood(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while len(sent) < 10_000:
                handler.wfile.write(b" " * 65_536)
                sent.append(65_536)
        except OSError:
            return

    with pytest.raises(Ambiguous, match="larger"):
        client_of(serve(flood), Limits(list_bytes=1 << 20)).jobs()
    assert sum(sent) < 100 << 20


def test_half_an_answer_is_no_answer(serve: Serve) -> None:
    def half(handler: BaseHTTPRequestHandler) -> None:
        answer(handler, 200, b'{"errors": [], "jobs": [', "Content-Type: application/json")

    def short(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "9999")
        handler.end_headers()
        handler.wfile.write(b'{"errors": [], "jobs": []}')

    for behaviour in (half, short):
        with pytest.raises(Ambiguous):
            client_of(serve(behaviour)).jobs()


def test_a_silent_server_is_waited_for_only_so_long(serve: Serve) -> None:
    release = threading.Event()

    def say_nothing(_: BaseHTTPRequestHandler) -> None:
        release.wait(10)

    url = serve(say_nothing)
    try:
        with pytest.raises(Ambiguous):
            client_of(url, Limits(read=0.2)).jobs()
    finally:
        release.set()


def test_a_dripping_answer_is_waited_for_only_so_long(serve: Serve) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(100):
                handler.wfile.write(b" ")
                time.sleep(0.05)
        except OSError:
            return

    with pytest.raises(Ambiguous, match="longer"):
        client_of(serve(drip), Limits(total=0.3)).jobs()


def test_proxies_of_the_environment_are_not_used(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    url = serve(lambda handler: answer(handler, 200, b'{"errors": [], "jobs": []}', JSON))
    assert client_of(url).jobs() == []


def test_a_server_without_a_version_that_we_know_is_unsupported(serve: Serve) -> None:
    paths = b'{"paths": {"/slurm/v0.0.99/jobs": {}}}'
    url = serve(lambda handler: answer(handler, 200, paths, JSON))
    with pytest.raises(Unsupported):
        client_of(url, wire=None)

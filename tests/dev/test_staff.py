"""The demonstration's staff deliver tokens to whatever portal answers, and only for projects."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jwt
import pytest

from dev import site
from dev.demo import layout
from dev.demo.centre import SimulatedCentre


class PortalDouble(ThreadingHTTPServer):
    """Lists limits in pages of one and keeps what is delivered."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.names: list[str] = []
        self.taken: list[tuple[str, dict[str, str]]] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: PortalDouble

    def do_GET(self) -> None:
        at = int(self.path.partition("cursor=")[2] or 0)
        names = self.server.names
        following = f"{self.server.url}/api/v1/limits/?cursor={at + 1}"
        page = {
            "results": [{"unix_user": name} for name in names[at : at + 1]],
            "next": following if at + 1 < len(names) else None,
        }
        self._answer(200, json.dumps(page).encode())

    def do_PUT(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.taken.append((self.path, body))
        self._answer(204, b"")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def portal() -> Iterator[PortalDouble]:
    with PortalDouble() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def staff(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> site.Staff:
    monkeypatch.setattr(layout, "data", lambda: tmp_path)
    monkeypatch.setattr(layout, "PIDS", tmp_path)
    centre = SimulatedCentre("a test")
    return site.Staff(centre, centre.clusters[0])


def delivered(portal: PortalDouble) -> list[tuple[str, str]]:
    return [(path.rpartition("/")[2], body["kind"]) for path, body in portal.taken]


def test_every_page_of_limits_is_read_and_each_user_gets_a_token(
    portal: PortalDouble, staff: site.Staff
) -> None:
    portal.names = ["cesai-one", "cesai-two"]
    staff.work(site.Portal(portal.url, "token"), now=0)
    assert delivered(portal) == [
        ("cesai-control", "control"),
        ("cesai-one", "run"),
        ("cesai-two", "run"),
    ]


@pytest.mark.parametrize("name", ["cesai-control", "cesai_demo", "cesai-slurm", "root", "cesai-A"])
def test_the_centres_own_users_and_odd_names_get_no_run_token(
    portal: PortalDouble, staff: site.Staff, name: str
) -> None:
    portal.names = [name]
    staff.work(site.Portal(portal.url, "token"), now=0)
    assert delivered(portal) == [("cesai-control", "control")]


def test_a_token_is_renewed_after_twenty_minutes_and_not_before(
    portal: PortalDouble, staff: site.Staff
) -> None:
    for now in (0, 1199, 1200):
        staff.work(site.Portal(portal.url, "token"), now=now)
    assert len(portal.taken) == 2


def test_a_token_lives_an_hour_and_names_its_user(portal: PortalDouble, staff: site.Staff) -> None:
    staff.work(site.Portal(portal.url, "token"), now=0)
    claims = jwt.decode(portal.taken[0][1]["token"], options={"verify_signature": False})
    assert (claims["sun"], claims["exp"] - claims["iat"]) == ("cesai-control", 3600)


def test_what_a_portal_that_was_down_missed_is_delivered_later(
    portal: PortalDouble, staff: site.Staff
) -> None:
    with pytest.raises(OSError, match="refused"):
        staff.work(site.Portal("http://127.0.0.1:1", "token"), now=0)
    staff.work(site.Portal(portal.url, "token"), now=1)
    assert delivered(portal) == [("cesai-control", "control")]

"""The web as gunicorn runs it: several processes that count their calls together."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev import places, processes
from dev.demo.portal import WEB
from tests.beside import environment

CALLS = 30


@pytest.fixture
def web(transactional_db: None, tmp_path: Path) -> Iterator[str]:
    """The address of a gunicorn with two processes, which leaves nothing behind."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program, *arguments = WEB
    process = subprocess.Popen(
        [Path(sys.executable).parent / program, *arguments],
        env=environment(CESAI_BIND=f"127.0.0.1:{port}", TMPDIR=str(tmp_path)),
        cwd=places.ROOT,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        processes.wait_until(lambda: _status(url) == 200, seconds=40, what="gunicorn is silent")
        yield url
    finally:
        process.terminate()
        process.wait(30)
    assert os.listdir(tmp_path) == []


def _status(url: str, path: str = "/healthz") -> int:
    try:
        with urllib.request.urlopen(f"{url}{path}", timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def _counted(url: str) -> str:
    wanted = 'cesai_request_seconds_count{method="GET",status="4xx"} '
    with urllib.request.urlopen(f"{url}/metrics", timeout=5) as answer:
        said: str = answer.read().decode()
    [line] = [row for row in said.splitlines() if row.startswith(wanted)]
    return line.removeprefix(wanted)


def test_whichever_process_answers_the_calls_of_all_are_counted(web: str) -> None:
    assert {_status(web, "/api/v1/models/") for _ in range(CALLS)} == {401}
    assert {_counted(web) for _ in range(10)} == {f"{CALLS}.0"}


def test_a_container_is_healthy_while_its_web_answers(web: str) -> None:
    def health(port: str) -> int:
        command = [sys.executable, str(places.ROOT / "docker" / "healthy.py")]
        return subprocess.run(
            command, env={"CESAI_BIND": f"0.0.0.0:{port}"}, check=False
        ).returncode

    assert (health(web.rpartition(":")[2]), health("1")) == (0, 1)


def test_what_was_imported_is_not_walked_again_by_collections(tmp_path: Path) -> None:
    asks = (
        "import gc, runpy; config = runpy.run_path('cesai/gunicorn.py');"
        "config['pre_fork'](None, None); print(gc.get_freeze_count())"
    )
    said = subprocess.run(
        [sys.executable, "-c", asks],
        cwd=places.ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(said.stdout) > 1_000

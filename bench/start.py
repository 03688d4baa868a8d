"""How fast the web server is ready and what it needs in memory together with one worker."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from bench.measure import tell

BIN = Path(sys.executable).parent


def run() -> None:
    """Seconds from start to a ready /readyz; summed PSS of web (2 workers) and one worker."""
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "CESAI_BIND": f"127.0.0.1:{port}", "CESAI_WEB_WORKERS": "2"}
    begin = time.perf_counter()
    web = _start(environment, "gunicorn", "cesai.wsgi", "--config", "cesai/gunicorn.py")
    schedule = f"{tempfile.gettempdir()}/cesai-bench-beat-{os.getpid()}"
    try:
        ready = _wait(address, begin)
        worker = _start(
            environment,
            *("celery", "-A", "cesai", "worker", "--pool", "threads", "--concurrency", "32"),
            *("--beat", "--schedule-filename", schedule, "--loglevel", "ERROR"),
        )
        try:
            time.sleep(6)
            memory = sum(_pss(pid) for root in (web.pid, worker.pid) for pid in _family(root))
        finally:
            worker.terminate()
            worker.wait()
    finally:
        web.terminate()
        web.wait()
    tell("start", ready_s=ready, goal_s=4, pss_mib=memory / 1024, goal_mib=350)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _start(environment: dict[str, str], program: str, *arguments: str) -> subprocess.Popen[bytes]:
    quiet = subprocess.DEVNULL
    return subprocess.Popen(
        [BIN / program, *arguments], env=environment, stdout=quiet, stderr=quiet
    )


def _wait(address: str, begin: float) -> float:
    while time.perf_counter() - begin < 60:
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=5) as answer:  # noqa: S310
                if answer.status == 200:
                    return time.perf_counter() - begin
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.02)
    raise TimeoutError("the web server was not ready within a minute")


def _family(root: int) -> list[int]:
    """A process and all that descend from it."""
    found, rest = [root], [root]
    while rest:
        children = Path(f"/proc/{rest.pop()}/task").glob("*/children")
        new = [int(pid) for file in children for pid in file.read_text().split()]
        found += new
        rest += new
    return found


def _pss(pid: int) -> int:
    """Proportional set size in KiB."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0

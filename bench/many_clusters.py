"""Many clusters in one process that answer for thousands of live jobs each, one of them never.

No simulator's scheduler stands behind the answers: it would be what is measured. The rows are
recorded ones of Slurm 22.05, made as long as whole ones were (10,000 are 31 MB): the recorded
ones have only the fields that we read.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import orjson

RECORDED = Path(__file__).parent.parent / "tests" / "slurm" / "recorded" / "v0.0.38.json"
HANGS = "hangs"
ROW_BYTES = 3100
MOVED = 20  # jobs of each cluster that began to run since the portal looked last
PING = b'{"meta":{"Slurm":{"release":"22.05.8"}},"errors":[],"pings":[{"ping":"UP"}]}'


def job_key(cluster: str, number: int) -> uuid.UUID:
    """The id of an intent, which portal and cluster must agree on."""
    return uuid.UUID(
        hashlib.md5(f"{cluster}-{number}".encode(), usedforsecurity=False).hexdigest()
    )


@contextmanager
def answering(jobs: int, *, core: int) -> Iterator[str]:
    """The address below which `/<cluster>/slurm/v0.0.38/jobs` answers, served by one core."""
    ours, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=_serve, args=(theirs, jobs, core), daemon=True)
    process.start()
    yield f"http://127.0.0.1:{ours.recv()}"
    process.terminate()
    process.join()


def _serve(parent: Connection, jobs: int, core: int) -> None:
    os.sched_setaffinity(0, {core})
    _Handler.rows = [_row(number, jobs) for number in range(jobs)]
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    parent.send(server.server_address[1])
    server.serve_forever()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    rows: list[tuple[bytes, bytes]] = []

    def do_GET(self) -> None:
        cluster = self.path.split("/")[1]
        if cluster == HANGS:
            threading.Event().wait()
        content = _list(cluster, self.rows) if self.path.endswith("/jobs") else PING
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(content)}\r\n\r\n"
        self.wfile.write(head.encode())
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def _list(cluster: str, rows: list[tuple[bytes, bytes]]) -> bytes:
    names = (f"cesai-{job_key(cluster, number)}".encode() for number in range(len(rows)))
    filled = (name.join(halves) for halves, name in zip(rows, names, strict=True))
    return b'{"meta":{},"errors":[],"jobs":[' + b",".join(filled) + b"]}"


def _row(number: int, jobs: int) -> tuple[bytes, bytes]:
    """A recorded row of a waiting or running job, cut at its name."""
    is_running = number < jobs // 10
    row: dict[str, Any] = dict(_recorded())
    row |= {
        "name": "@",
        "job_id": number + 1,
        "job_state": "RUNNING" if is_running else "PENDING",
        "state_reason": "None" if is_running else "Resources",
        "priority": 1000,
        "tres_alloc_str": row["tres_req_str"] if is_running else "",
    }
    row |= {f"field_{n}": n for n in range(60)} | {f"text_{n}": "" for n in range(30)}
    row["filler"] = "x" * (ROW_BYTES - len(orjson.dumps(row)) - 40)
    before, _, after = orjson.dumps(row).partition(b'"name":"@"')
    return before + b'"name":"', b'"' + after


def _recorded() -> dict[str, Any]:
    """The first row of a live list among the recorded answers."""
    rows = [row for row in _dicts(json.loads(RECORDED.read_text())) if "tres_req_str" in row]
    return rows[0]


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict | list):
            yield from _dicts(inner)

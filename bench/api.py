"""The API at 10,000 allocations over HTTP: a page, one, all of them; beside the bare SQL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import orjson
import psycopg

from bench.measure import percentile, tell
from bench.registry import Site, reference_of, seeded_site
from bench.web import Client, latency
from dev.postgres import Postgres

ROWS = 10_000
LIST = "/api/v1/allocations/"
PAGE = f"{LIST}?page_size=50"
FORMS = {"jsonl": "JSON Lines", "csv": "CSV"}
SAME_SQL = "the same rows by psycopg and orjson, without HTTP"


def run(postgres: Postgres) -> None:
    """As somebody who sees all of them."""
    with seeded_site(
        postgres, "api", models=0, derivations=0, projects=ROWS, clusters=50, role="auditor"
    ) as site:
        detail = f"{LIST}{json.loads(site.client().call(PAGE))['results'][0]['id']}/"
        _one_by_one("API: page of 50 of 10,000 allocations", site, PAGE, goal=5, raw=_raw(51))
        _one_by_one("API: one allocation", site, detail, goal=3, raw=_raw(1))
        for form, name in FORMS.items():
            _export(name, site, f"{LIST}?format={form}")
        _at_once(site, {"page of 50": PAGE, "one": detail})


def _one_by_one(
    name: str, site: Site, path: str, *, goal: float, raw: Callable[[psycopg.Connection], object]
) -> None:
    mine, bare = latency(site.client(), path), latency(site.client(), "/healthz")
    reference = reference_of(site.dsn, raw)
    tell(name, p50_ms=mine, goal_ms=goal, queries=_queries(site, path), reference=SAME_SQL,
         reference_p50_ms=reference, ratio=mine / reference, bare_view_p50_ms=bare)  # fmt: skip


def _export(name: str, site: Site, path: str) -> None:
    client, times = site.client(), []
    lines = client.call(path).count(b"\n")
    for _ in range(12):
        began = time.perf_counter()
        client.call(path)
        times.append((time.perf_counter() - began) * 1000)
    mine, reference = percentile(times, 0.5), reference_of(site.dsn, _raw(ROWS), calls=12)
    tell(f"API: all 10,000 allocations as {name}", lines=lines, p50_ms=mine,
         best_ms=min(times), goal_ms=300, queries=_queries(site, path), goal_queries=5,
         reference=SAME_SQL, reference_p50_ms=reference, ratio=mine / reference)  # fmt: skip


def _at_once(site: Site, paths: dict[str, str]) -> None:
    """Eight clients that ask without a pause, for ten seconds each."""
    bare = _waits(site, "/healthz")
    for name, path in paths.items():
        waits = _waits(site, path)
        tell(f"API: {name}, eight clients at once", calls=len(waits), per_second=len(waits) / 10,
             p50_ms=percentile(waits, 0.5), p99_ms=percentile(waits, 0.99), goal_p99_ms=50,
             reference="a bare view (/healthz), as often and at once",
             reference_p99_ms=percentile(bare, 0.99),
             ratio=percentile(waits, 0.99) / percentile(bare, 0.99))  # fmt: skip


def _waits(site: Site, path: str, *, clients: int = 8, seconds: float = 10) -> list[float]:
    """Milliseconds of each answer."""
    found: list[float] = []
    end = time.perf_counter() + seconds

    def ask() -> None:
        client = Client(site.port, site.token)
        client.call(path)
        while time.perf_counter() < end:
            began = time.perf_counter()
            client.call(path)
            found.append((time.perf_counter() - began) * 1000)

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def _queries(site: Site, path: str) -> int:
    """How many statements one call takes, who calls and what they are among them."""
    code = (
        "import django; django.setup()\n"
        "from django.db import connection\n"
        "from django.test import Client\n"
        "from django.test.utils import CaptureQueriesContext\n"
        "headers = {'host': '127.0.0.1', 'Authorization': 'Bearer ' + input()}\n"
        f"list(Client(headers=headers).get('{path}'))\n"
        "with CaptureQueriesContext(connection) as seen:\n"
        f"    list(Client(headers=headers).get('{path}'))\n"
        "print(len(seen))\n"
    )
    environment = {
        **os.environ,
        "DATABASE_URL": site.dsn,
        "DJANGO_SETTINGS_MODULE": "cesai.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        input=site.token,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


def _raw(rows: int) -> Callable[[psycopg.Connection], bytes]:
    statement = (
        "SELECT a.id, a.project_id, a.pool_id, c.slug, a.origin, a.state, a.start, a.end,"
        " a.gpu_seconds, a.slurm_account, a.unix_user, a.paused_at, a.pause_reason, b.available,"
        " b.reserved, b.used, l.id, l.state, a.created_at FROM compute_allocation a"
        " JOIN compute_pool p ON p.id = a.pool_id JOIN compute_cluster c ON c.id = p.cluster_id"
        " LEFT JOIN compute_balance b ON b.allocation_id = a.id"
        " LEFT JOIN compute_limit l ON l.allocation_id = a.id"
        " ORDER BY a.created_at DESC, a.id DESC LIMIT %s"
    )

    def read(connection: psycopg.Connection) -> bytes:
        return orjson.dumps(connection.execute(statement, [rows]).fetchall())

    return read

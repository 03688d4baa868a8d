"""A portal of its own for a campaign: database, two simulated clusters behind proxies, workers."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import psycopg

from dev import nowhere
from dev.postgres import Postgres
from tests.faults.clusters import TroubledCluster
from tests.faults.points import STOPPED

LEASE, RESEND, READ = 2, 2, 1


class FaultySite:
    """Everything a campaign needs, in one directory; `environment` is that of the portal."""

    def __init__(self, directory: Path, seed: int, *, is_sabotaged: bool = False) -> None:
        self.directory = directory
        self._more = ("--sabotage",) if is_sabotaged else ()
        self.dice = random.Random(seed)
        self.journal = directory / "points.txt"
        self.postgres = Postgres(directory / "pg", "nobody")
        self.postgres.start()
        self.postgres.prepare("cesai")
        self.clusters = [
            TroubledCluster(directory, "north", "v0.0.38", 600, self.dice, 2.5 * RESEND),
            TroubledCluster(directory, "south", "v0.0.42", -600, self.dice, 2.5 * RESEND),
        ]
        for cluster in self.clusters:
            cluster.start()
            cluster.wait()
        self.environment = {
            **nowhere.SETTINGS,
            "DATABASE_URL": self.postgres.dsn("cesai_app", "cesai"),
            "CESAI_MIGRATE_DATABASE_URL": self.postgres.dsn("cesai_owner", "cesai"),
            "CESAI_BASE_URL": "http://testserver",
            "CESAI_ALLOWED_HOSTS": "testserver",
            "CESAI_CLUSTER_URLS": ",".join(cluster.rest_url for cluster in self.clusters),
            "CESAI_RESEND_AFTER_SECONDS": str(RESEND),
            "CESAI_CLUSTER_READ_SECONDS": str(READ),
            "CESAI_LEASE_SECONDS": str(LEASE),
            "CESAI_TOKEN_RATE": "1000000/min",
            "CESAI_SECOND_FACTOR": "false",
            "CESAI_LOG_LEVEL": "ERROR",
        }
        self._workers: dict[int, subprocess.Popen[bytes]] = {}
        self._stopped: dict[int, float] = {}  # by line of the journal
        self._woken: set[int] = set()
        self._born = 0
        threading.Thread(target=self._keep_waking, daemon=True).start()

    def keep_workers(self, many: int, *, rare: float) -> None:
        """Replace workers that were killed, and let those that were stopped go on later."""
        self._workers = {pid: p for pid, p in self._workers.items() if p.poll() is None}
        while len(self._workers) < many:
            self._born += 1
            with (self.directory / "workers.log").open("ab") as log:
                seed = str(self.dice.randrange(2**31))
                names = [cluster.name for cluster in self.clusters]
                self.dice.shuffle(names)
                worker = subprocess.Popen(
                    [
                        *(sys.executable, "-m", "tests.faults.worker", *names),
                        *("--journal", str(self.journal), "--seed", seed, "--rare", str(rare)),
                        *self._more,
                    ],
                    env={**os.environ, **self.environment},
                    stderr=log,
                )
            self._workers[worker.pid] = worker

    def end_workers(self) -> None:
        for worker in self._workers.values():
            worker.send_signal(signal.SIGCONT)
            worker.terminate()
        for worker in self._workers.values():
            worker.wait()
        self._workers = {}

    def terminate_backends(self) -> int:
        """What an administrator or a failing network does to connections of the application."""
        statement = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE usename = 'cesai_app' AND random() < 0.5"
        )
        address = self.postgres.dsn("postgres", "cesai")
        with psycopg.connect(address, autocommit=True) as connection:
            return len(connection.execute(statement).fetchall())

    def faults_seen(self) -> dict[str, int]:
        """How often each fault happened to a call."""
        seen: Counter[str] = Counter()
        for cluster in self.clusters:
            seen.update({fault.name: count for fault, count in cluster.proxy.seen.items()})
        return dict(seen)

    def restart_postgres(self) -> None:
        self.postgres.stop()
        self.postgres.start()

    def stop(self) -> None:
        self.end_workers()
        for cluster in self.clusters:
            cluster.stop()
        self.postgres.stop()

    def _keep_waking(self) -> None:
        """Let stopped workers go on after more than their lease.

        In a thread: one that was stopped in a transaction may hold what the campaign waits for.
        """
        while True:
            time.sleep(0.2)
            lines = self.journal.read_text().splitlines() if self.journal.exists() else []
            for number, line in enumerate(lines):
                what, pid, _name = line.split("\t")
                worker = self._workers.get(int(pid))
                if what == STOPPED and worker and number not in self._woken:
                    began = self._stopped.setdefault(number, time.monotonic())
                    if time.monotonic() - began > LEASE * 1.7:
                        self._woken.add(number)
                        worker.send_signal(signal.SIGCONT)

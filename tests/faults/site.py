"""A portal of its own for a campaign: database, two simulated clusters behind proxies, workers."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from pathlib import Path

import psycopg

from dev import nowhere, processes
from dev.ports import Ports
from dev.postgres import Postgres
from dev.simulator.journal import started_name
from tests.faults.points import STOPPED
from tests.faults.proxy import Call, Fault, Proxy

LEASE, RESEND, READ = 2, 2, 1
# What may happen to a call that changes something, and to one that only reads.
TO_CHANGES = list(Fault)
TO_READS = [Fault.DELAY, Fault.RESET_AT_ONCE, Fault.TRUNCATED, Fault.WRONG_LENGTH, Fault.HTML,
            Fault.ERROR_BEFORE, Fault.SLOW, Fault.REDIRECT]  # fmt: skip


class SimulatedCluster:
    """A simulator that is killed and goes on from its journal, behind a proxy of faults."""

    def __init__(self, directory: Path, name: str, wire: str, offset: int, dice: random.Random):
        self.name, self.wire = name, wire
        self._dice = dice
        self.is_troubled = False
        self._port = Ports(directory / "ports.json")[name]
        self._journal = directory / f"{name}.jsonl"
        self._pid_file, self._log = directory / f"{name}.pid", directory / f"{name}.log"
        self._options = ("--wire", wire, "--port", self._port, "--clock-offset", offset)
        self.start()
        self.proxy = Proxy(self._port, self._choose)
        self.proxy.late_seconds = lambda: dice.uniform(0.2, 2.5 * RESEND)

    @property
    def direct_url(self) -> str:
        """Its own address, past the proxy."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it, or start it again where it was."""
        command = [sys.executable, "-m", "dev.simulator", "--name", self.name]
        options = [*map(str, self._options), "--state", str(self._journal)]
        processes.start([*command, *options], pid_file=self._pid_file, log=self._log)
        processes.wait_until(self._answers, seconds=20, what=f"{self.name} is silent")

    def kill(self) -> None:
        processes.send(self._pid_file, signal.SIGKILL)

    def stop(self) -> None:
        self.proxy.close()
        processes.stop(self._pid_file, seconds=5)

    def starts(self) -> list[str]:
        """The name of every start as the cluster itself wrote it down, with a task's index."""
        entries = map(json.loads, filter(None, self._journal.read_text().splitlines()))
        return [started_name(entry["content"]) for entry in entries if entry["kind"] == "start"]

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/_simulator/starts"):
                return True
        except OSError:
            return False

    def _choose(self, call: Call) -> Fault | None:
        if not self.is_troubled:
            return None
        is_read = call.method == "GET"
        if self._dice.random() > (0.06 if is_read else 0.35):
            return None
        fault = self._dice.choice(TO_READS if is_read else TO_CHANGES)
        if fault is Fault.HUGE and self._dice.random() > 0.1:  # each moves 100 MB
            return Fault.RESET_IN_ANSWER
        return fault


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
            SimulatedCluster(directory, "north", "v0.0.38", 600, self.dice),
            SimulatedCluster(directory, "south", "v0.0.42", -600, self.dice),
        ]
        self.environment = {
            **nowhere.SETTINGS,
            "DATABASE_URL": self.postgres.dsn("cesai_app", "cesai"),
            "CESAI_MIGRATE_DATABASE_URL": self.postgres.dsn("cesai_owner", "cesai"),
            "CESAI_BASE_URL": "http://testserver",
            "CESAI_ALLOWED_HOSTS": "testserver",
            "CESAI_CLUSTER_URLS": ",".join(cluster.proxy.url for cluster in self.clusters),
            "CESAI_RESEND_AFTER_SECONDS": str(RESEND),
            "CESAI_CLUSTER_READ_SECONDS": str(READ),
            "CESAI_LEASE_SECONDS": str(LEASE),
            "CESAI_TOKEN_RATE": "1000000/min",
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

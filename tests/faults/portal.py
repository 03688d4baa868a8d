"""A portal of its own, run by the commands that run it anywhere, among simulated clusters."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Interface
from pathlib import Path

from dev import nowhere, places, processes
from dev.broker import Broker
from dev.demo.portal import WEB, WORKER, beat
from dev.ports import Ports
from dev.postgres import Postgres
from tests.faults.clusters import SimulatedCluster

WIRES = ("v0.0.38", "v0.0.42")


class Portal:
    """Database, broker and clusters; web, workers and the timetable are begun by name."""

    def __init__(
        self,
        directory: Path,
        names: Sequence[str],
        *,
        listen: IPv4Interface | None = None,
        **environment: str,
    ) -> None:
        self.directory = directory
        self.dice = random.Random(1)
        self.postgres = Postgres(directory / "pg", "nobody", for_tests=True, listen=listen)
        self.broker = Broker(directory / "redis", "nobody", listen=listen.ip if listen else None)
        self.clusters = [
            SimulatedCluster(directory, name, WIRES[number % 2])
            for number, name in enumerate(names)
        ]
        if listen:
            for cluster in self.clusters:
                cluster.address = str(listen.ip)
        reach = self.postgres.address if listen else self.postgres.dsn
        self._begun: list[str] = []
        self._port = Ports(directory / "ports.json")["web"]
        self.url = f"http://127.0.0.1:{self._port}"
        self.environment = {
            **nowhere.SETTINGS,
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "CAMPAIGN_DIRECTORY": str(directory),
            "TMPDIR": str(directory),
            "DATABASE_URL": reach("cesai_app", "cesai"),
            "CESAI_MIGRATE_DATABASE_URL": reach("cesai_owner", "cesai"),
            "BROKER_URL": self.broker.address if listen else self.broker.url,
            "CESAI_BASE_URL": self.url,
            "CESAI_ALLOWED_HOSTS": "testserver,127.0.0.1",
            "CESAI_CLUSTER_URLS": ",".join(cluster.rest_url for cluster in self.clusters),
            "CESAI_TOKEN_RATE": "1000000/min",
            "CESAI_SECOND_FACTOR": "false",
            "CESAI_LOG_LEVEL": "WARNING",
            **environment,
        }

    def start(self) -> None:
        """Everything but web, workers and timetable; afterwards this process has Django, too."""
        self.postgres.start()
        self.postgres.prepare("cesai")
        self.broker.start()
        for cluster in self.clusters:
            cluster.start()
        os.environ.update(self.environment)
        for command in ("migrate", "collectstatic"):
            manage = [sys.executable, "manage.py", command, "--noinput", "--verbosity", "0"]
            subprocess.run(manage, check=True, cwd=places.ROOT)
        for cluster in self.clusters:
            cluster.wait()
        import django  # noqa: PLC0415

        django.setup()

    def begin_web(self) -> None:
        self.begin("web", WEB, CESAI_BIND=f"127.0.0.1:{self._port}")
        processes.wait_until(self._is_ready, seconds=60, what="the web is not ready")

    def begin_worker(self, *more: str, name: str = "worker") -> None:
        self.begin(name, (*WORKER, "--hostname", f"{name}@campaign", *more))

    def begin_beat(self) -> None:
        self.begin("beat", beat(self.directory / "timetable"))

    def begin(
        self, name: str, command: Sequence[str], *prefix: str | Path, **environment: str
    ) -> None:
        """Run a command of the portal; the prefix is what runs it."""
        program, *arguments = command
        processes.start(
            [*prefix, Path(sys.executable).parent / program, *arguments],
            pid_file=self.directory / f"{name}.pid",
            log=self.directory / f"{name}.log",
            env={**os.environ, **environment},
            cwd=places.ROOT,
        )
        self._begun.append(name)

    def kill(self, name: str) -> None:
        """SIGKILL a process and its children, as the loss of its machine does."""
        pid = processes.running_pid(self.directory / f"{name}.pid")
        if pid is not None:
            processes.kill_tree(pid)

    def stop(self) -> None:
        """End all by their recorded pids, the last begun first."""
        for name in reversed(self._begun):
            processes.send(self.directory / f"{name}.pid", signal.SIGTERM)
        for name in reversed(self._begun):
            processes.stop(self.directory / f"{name}.pid", seconds=10)
        for cluster in self.clusters:
            cluster.stop()
        self.broker.stop()
        self.postgres.stop()

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@contextmanager
def directory_of_a_campaign() -> Iterator[Path]:
    """A directory that is gone afterwards; others than root must be able to enter it."""
    directory = Path(tempfile.mkdtemp(prefix="cesai-f-", dir="/var/tmp"))
    directory.chmod(0o755)
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def portal_with(
    names: Sequence[str], *, listen: IPv4Interface | None = None, **environment: str
) -> Iterator[Portal]:
    """A portal with clusters of these names, ended with all that it began."""
    with directory_of_a_campaign() as directory:
        portal = Portal(directory, names, listen=listen, **environment)
        try:
            portal.start()
            yield portal
        finally:
            portal.stop()


def end_tidily_when_told() -> None:
    """Let SIGTERM leave nothing behind either."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))

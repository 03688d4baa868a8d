"""Installs MLflow's stock client beside the portal and runs a real MLflow server, for tests."""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import os
import shutil
import subprocess
import venv
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from dev import places, processes
from dev.ports import Ports

DIRECTORY = places.ROOT / ".venv-mlflow"
LOCK = places.ROOT / "requirements" / "mlflow.txt"
PYTHON = DIRECTORY / "bin" / "python"
QUIET = {
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "PYTHONWARNINGS": "ignore",
}


def ensure(say: Callable[[str], None] = print) -> None:
    """Install what the lock names unless it is there; about 25 s, then none."""
    ready = DIRECTORY / "ready"
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    one_at_a_time = places.state_directory() / "mlflow.lock"
    with one_at_a_time.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if ready.exists() and ready.read_text() == wanted:
            return
        say(f"Installing MLflow's stock client and server into {DIRECTORY.name}")
        shutil.rmtree(DIRECTORY, ignore_errors=True)
        venv.create(DIRECTORY, with_pip=True)
        subprocess.run(
            [
                *(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
                *("--require-hashes", "-r", LOCK),
            ],
            check=True,
        )
        ready.write_text(wanted)


def environment(**more: str) -> dict[str, str]:
    """Our own environment, without what it tells MLflow, and with MLflow's reports off."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    return {**ours, **QUIET, **more}


class Server:
    """A real `mlflow server` on loopback, its SQLite store and log below ``directory``."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = Ports(directory / "ports.json")["mlflow"]
        self.log = directory / "mlflow.log"
        self.pid_file = directory / "mlflow.pid"

    @property
    def url(self) -> str:
        """MLFLOW_TRACKING_URI for a client of this server."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start and wait until it answers; about 6 s, raises NotReadyError after 120 s."""
        processes.start(
            [
                *(PYTHON, "-m", "mlflow", "server", "--host", "127.0.0.1"),
                *("--port", str(self.port), "--workers", "1"),
                *("--backend-store-uri", f"sqlite:///{self.directory / 'mlflow.db'}"),
                *("--artifacts-destination", self.directory / "artifacts"),
            ],
            pid_file=self.pid_file,
            log=self.log,
            env=environment(),
            cwd=self.directory,
        )
        processes.wait_until(
            self._answers, seconds=120, what=f"MLflow is silent; see {self.log}", every=0.2
        )

    def stop(self) -> None:
        """End it; its store stays where it is."""
        processes.stop(self.pid_file)

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

    def _answers(self) -> bool:
        if not processes.is_alive(self.pid_file):
            raise processes.NotReadyError(f"MLflow ended at once; see {self.log}")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == http.client.OK
        except OSError:
            return False
        finally:
            connection.close()

"""Installs MLflow's stock client beside the portal and runs a real MLflow server, for tests."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import venv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from dev import places
from dev.background import Background

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


class Server(Background):
    """A real `mlflow server` on loopback, ready after about 6 s; `url` is MLFLOW_TRACKING_URI.

    Its SQLite store lies below ``directory``, too.
    """

    name, title, path, seconds = "mlflow", "MLflow", "/health", 120

    def command(self) -> tuple[Sequence[str | Path], Mapping[str, str], Path]:
        """`mlflow server` with one worker."""
        command: list[str | Path] = [
            *(PYTHON, "-m", "mlflow", "server", "--host", "127.0.0.1"),
            *("--port", str(self.port), "--workers", "1"),
            *("--backend-store-uri", f"sqlite:///{self.directory / 'mlflow.db'}"),
            *("--artifacts-destination", self.directory / "artifacts"),
        ]
        return command, environment(), self.directory

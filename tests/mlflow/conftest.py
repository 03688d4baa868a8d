"""Holds the session of the stock client with any server."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.servers.basehttp import WSGIRequestHandler
from pytest_django.live_server_helper import LiveServer

from dev import mlflow

Hold = Callable[[str, str], list[dict[str, Any]]]
SESSION = Path(__file__).with_name("session.py")


@pytest.fixture
def hold_session(tmp_path: Path) -> Hold:
    """Call it with a server's address and a token; it returns the steps and their answers."""
    if not mlflow.PYTHON.exists():
        pytest.fail("MLflow's stock client is missing: `make prepare` installs it")

    def hold(uri: str, token: str) -> list[dict[str, Any]]:
        done = subprocess.run(
            [mlflow.PYTHON, SESSION],
            env=mlflow.environment(MLFLOW_TRACKING_URI=uri, MLFLOW_TRACKING_TOKEN=token),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-5000:]
        steps: list[dict[str, Any]] = json.loads(done.stdout)
        return steps

    return hold


@pytest.fixture
def portal(live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of the portal's MLflow."""
    # Else every answer on a connection that stays open waits 40 ms for an acknowledgement.
    monkeypatch.setattr(WSGIRequestHandler, "disable_nagle_algorithm", True)
    return f"{live_server.url}/mlflow"

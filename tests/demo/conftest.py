"""A demonstration of the tests' own, and the main job walked on it once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from dev import places
from dev.demo import layout, portal
from tests.demo.journey import Journey


def run_demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`python -m dev.demo …` in an environment without the tests' own settings."""
    mine = ("CESAI_", "DATABASE_URL", "BROKER_URL", "DJANGO_", "PYTEST")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(mine)}
    return subprocess.run(
        [sys.executable, "-m", "dev.demo", *arguments],
        cwd=places.ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


@pytest.fixture(scope="session")
def demo() -> Iterator[dict[str, Any]]:
    """A demonstration of our own; somebody's running or kept one is left alone."""
    if layout.READOUT.exists() or not _port_comes_free():
        pytest.skip("a demonstration is in use here; `make demo-reset` forgets it")
    try:
        started = run_demo("start", "--detach")
        assert started.returncode == 0, started.stdout + started.stderr
        yield json.loads(layout.READOUT.read_text())
    finally:
        assert run_demo("reset").returncode == 0


@pytest.fixture(scope="session")
def journeys(demo: dict[str, Any]) -> list[Journey]:
    """The main job, walked once on each cluster."""
    walked = [Journey(demo, cluster["slug"]) for cluster in demo["clusters"]]
    for journey in walked:
        journey.walk()
    return walked


def _port_comes_free() -> bool:
    """Another test takes the port for a moment; a demonstration keeps it."""
    end = time.monotonic() + 15
    while portal.port_is_taken():
        if time.monotonic() > end:
            return False
        time.sleep(0.5)
    return True

"""All faults mixed: no intent runs twice, none is lost, and the books are right."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.faults.points import POINTS
from tests.faults.proxy import Fault

CLEAN: dict[str, list[str]] = {"twice": [], "lost": [], "open": [], "ghosts": [], "denied": []}


def campaign(*options: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.faults.campaign", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def check(found: dict[str, Any]) -> None:
    assert found["verdict"] == CLEAN
    assert found["strays"] == 0
    books = found["books"]
    assert books["accounted"] == books["recorded"] == books["booked"]
    assert books["reserved"] == 0
    assert found["seconds_to_settle"] < 600
    assert found["states"].get("unknown", 0) <= found["intents"] * 0.1


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="runs PostgreSQL as another user")
def test_500_intents_under_all_faults_run_once_and_every_point_was_hit() -> None:
    found = campaign("--intents", "500", "--seed", "20261126")
    assert found["intents"] == 500
    check(found)
    assert not set(POINTS) - set(found["points"])
    assert not {fault.name for fault in Fault} - set(found["faults"])


@pytest.mark.long
def test_10_000_intents_under_all_faults_run_once() -> None:
    found = campaign("--intents", "10000", "--seed", "1")
    assert found["intents"] == 10_000
    check(found)


@pytest.mark.long
def test_a_portal_that_submits_without_a_hold_is_found_out() -> None:
    assert campaign("--intents", "60", "--sabotage")["verdict"]["twice"]

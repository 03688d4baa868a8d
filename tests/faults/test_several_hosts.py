"""Webs and workers on hosts of their own come and go while jobs flow, and nobody is the wiser."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.faults.hosts import INTENTS
from tests.faults.network import ISOLATED, can_isolate
from tests.faults.test_hanging_cluster import CLEAN

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes network namespaces")


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    """Where there are no namespaces, hosts are processes of this one, and the output says so."""
    command = [sys.executable, "-m", "tests.faults.hosts"]
    if can_isolate():
        command = [*ISOLATED, *command, "--namespaces"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    kind = "a network namespace" if answer["isolated"] else "NO namespace, only processes"
    print(f"Each host was {kind}.")
    return answer


def test_every_host_was_on_its_own(found: dict[str, Any]) -> None:
    assert found["namespaces"] == (6 if found["isolated"] else 1)
    assert sum("is lost" in event for event in found["happened"]) == 6


def test_every_accepted_intent_ran_once(found: dict[str, Any]) -> None:
    assert found["verdict"] == CLEAN
    assert found["states"] == {"completed": INTENTS}
    assert found["strays"] == 0


def test_a_web_that_is_left_answers_pages(found: dict[str, Any]) -> None:
    assert found["pages"] == [200] * 18


def test_the_books_say_what_the_clusters_say(found: dict[str, Any]) -> None:
    books = found["books"]
    assert books["accounted"] == books["recorded"] == books["booked"]
    assert books["reserved"] == 0

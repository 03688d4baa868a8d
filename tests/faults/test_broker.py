"""The broker is a doorbell: what it loses is found, and what it says twice is done once."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.faults.broker import INTENTS, NEWS, PEOPLE
from tests.faults.test_hanging_cluster import CLEAN


@pytest.fixture(scope="module", params=["emptied", "doubled"])
def found(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What became of sixty intents while the broker was emptied, or said everything twice."""
    command = [sys.executable, "-m", "tests.faults.broker", request.param]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def test_it_happened_to_messages(found: dict[str, Any]) -> None:
    assert found["messages"] > 5


def test_every_intent_ran_once(found: dict[str, Any]) -> None:
    assert found["settled"]
    assert found["verdict"] == CLEAN
    assert found["states"] == {"completed": INTENTS}
    assert found["strays"] == 0


def test_the_books_say_what_the_clusters_say(found: dict[str, Any]) -> None:
    books = found["books"]
    assert books["accounted"] == books["recorded"] == books["booked"]
    assert books["reserved"] == 0


def test_nobody_is_told_anything_twice(found: dict[str, Any]) -> None:
    assert found["told"]["watched"] == NEWS * PEOPLE
    assert found["told"]["twice"] == 0
    assert found["mails"]["lines"] > 0
    assert found["mails"]["twice"] == 0

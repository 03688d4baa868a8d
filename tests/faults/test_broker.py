"""The broker is a doorbell: what it loses is found, and what it says twice is done once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.broker import INTENTS, NEWS, PEOPLE
from tests.faults.outcome import assert_books_agree, assert_each_ran_once, outcome_of


@pytest.fixture(scope="module", params=["emptied", "doubled"])
def found(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What became of sixty intents while the broker was emptied, or said everything twice."""
    return outcome_of("broker", request.param)


def test_it_happened_to_messages(found: dict[str, Any]) -> None:
    assert found["messages"] > 5


def test_every_intent_ran_once(found: dict[str, Any]) -> None:
    assert found["settled"]
    assert_each_ran_once(found)
    assert found["states"] == {"completed": INTENTS}


def test_the_books_say_what_the_clusters_say(found: dict[str, Any]) -> None:
    assert_books_agree(found)


def test_nobody_is_told_anything_twice(found: dict[str, Any]) -> None:
    assert found["told"]["watched"] == NEWS * PEOPLE
    assert found["told"]["twice"] == 0
    assert found["mails"]["lines"] > 0
    assert found["mails"]["twice"] == 0

"""Webs and workers on hosts of their own come and go while jobs flow, and nobody is the wiser."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.faults.hosts import INTENTS
from tests.faults.network import ISOLATED, can_isolate
from tests.faults.outcome import assert_books_agree, assert_each_ran_once, outcome_of

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes network namespaces")


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    """Where there are no namespaces, hosts are processes of this one, and the output says so."""
    if can_isolate():
        answer = outcome_of("hosts", "--namespaces", prefix=ISOLATED)
    else:
        answer = outcome_of("hosts")
    kind = "a network namespace" if answer["isolated"] else "NO namespace, only processes"
    print(f"Each host was {kind}.")
    return answer


def test_every_host_was_on_its_own(found: dict[str, Any]) -> None:
    assert found["namespaces"] == (6 if found["isolated"] else 1)
    assert sum("is lost" in event for event in found["happened"]) == 6


def test_every_accepted_intent_ran_once(found: dict[str, Any]) -> None:
    assert_each_ran_once(found)
    assert found["states"] == {"completed": INTENTS}


def test_a_web_that_is_left_answers_pages(found: dict[str, Any]) -> None:
    assert found["pages"] == [200] * 18


def test_the_books_say_what_the_clusters_say(found: dict[str, Any]) -> None:
    assert_books_agree(found)

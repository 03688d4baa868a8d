"""All faults mixed: no intent runs twice, none is lost, and the books are right."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.faults.outcome import assert_books_agree, assert_each_ran_once, outcome_of
from tests.faults.points import POINTS
from tests.faults.proxy import Fault


def check(found: dict[str, Any]) -> None:
    assert_each_ran_once(found)
    assert_books_agree(found)
    assert found["seconds_to_settle"] < 600
    assert found["states"].get("unknown", 0) <= found["intents"] * 0.1


@pytest.mark.skipif(os.geteuid() != 0, reason="runs PostgreSQL as another user")
def test_500_intents_under_all_faults_run_once_and_every_point_was_hit() -> None:
    found = outcome_of("campaign", "--intents", "500", "--seed", "20261126")
    assert found["intents"] == 500
    check(found)
    assert not set(POINTS) - set(found["points"])
    assert not {fault.name for fault in Fault} - set(found["faults"])


@pytest.mark.long
def test_10_000_intents_under_all_faults_run_once() -> None:
    found = outcome_of("campaign", "--intents", "10000", "--seed", "1")
    assert found["intents"] == 10_000
    check(found)


@pytest.mark.long
def test_a_portal_that_submits_without_a_hold_is_found_out() -> None:
    assert outcome_of("campaign", "--intents", "60", "--sabotage")["verdict"]["twice"]

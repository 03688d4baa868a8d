"""The judge of histories finds what it is there for."""

from __future__ import annotations

import pytest

from tests.faults.checker import judge


def test_a_history_in_which_each_intent_started_once_is_clean() -> None:
    assert judge(["a", "b"], {"a": "completed", "b": "failed"}).is_clean


def test_what_started_twice_is_found() -> None:
    assert judge(["a", "a"], {"a": "completed"}).twice == ["a"]


@pytest.mark.parametrize("state", ["completed", "failed", "timeout"])
def test_what_is_told_to_have_run_and_never_started_is_lost(state: str) -> None:
    assert judge([], {"a": state}).lost == ["a"]


@pytest.mark.parametrize("state", ["refused", "cancelled", "unknown", "blocked"])
def test_what_says_that_it_did_not_run_is_not_lost(state: str) -> None:
    assert judge([], {"a": state}).is_clean


@pytest.mark.parametrize("state", ["new", "sending", "known", "released", "pending", "running"])
def test_what_is_still_on_its_way_is_open(state: str) -> None:
    assert judge([], {"a": state}).open == ["a"]


def test_what_nobody_accepted_is_a_ghost() -> None:
    assert judge(["a"], {}).ghosts == ["a"]


def test_what_is_told_to_have_been_refused_and_ran_is_found() -> None:
    assert judge(["a"], {"a": "refused"}).denied == ["a"]

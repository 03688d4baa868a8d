"""Clusters that take calls and answer none: nobody else notices, and all is caught up with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.faults.outcome import assert_books_agree, assert_each_ran_once, outcome_of

ON_THE_WAY = {"new", "sending", "known", "released", "pending", "running"}


def hang(*options: str) -> dict[str, Any]:
    found = outcome_of("hanging", *options)
    print({name: found[name] for name in ("passes", "hand_overs", "pages")})
    return found


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(("--read", "4", "--hang", "12"), id="12 seconds"),
        pytest.param(("--read", "65", "--hang", "600"), id="ten minutes", marks=pytest.mark.long),
    ],
)
def found(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Ten of thirteen clusters hang for three time-outs, or for ten minutes as in production."""
    return hang(*request.param)


def test_the_others_are_passed_over_as_often_as_before(found: dict[str, Any]) -> None:
    before, during = found["passes"]["before"], found["passes"]["during"]
    assert during["count"] >= 0.6 * before["count"]
    assert during["median"] < 1.1 * before["median"]
    assert during["p95"] < 1.1 * before["p95"] + 1


def test_jobs_for_the_others_leave_as_soon_as_before(found: dict[str, Any]) -> None:
    before, during = found["hand_overs"]["before"], found["hand_overs"]["during"]
    assert during["median"] < 1.1 * before["median"] + 0.5


def test_pages_come_as_fast_as_before(found: dict[str, Any]) -> None:
    before, during = found["pages"]["before"], found["pages"]["during"]
    assert during["p95"] < 1.5 * before["p95"] + 0.2
    assert found["statuses"] == [200]


def test_their_jobs_wait_and_none_is_in_error(found: dict[str, Any]) -> None:
    assert set(found["states_during"]) <= ON_THE_WAY
    assert not {"failed", "refused", "unknown", "blocked"} & set(found["moves"])


def test_their_figures_tell_their_age(found: dict[str, Any]) -> None:
    assert "has been silent since" in found["page"]
    assert found["cluster_state"] == "down"
    for name in ("job_as_of", "cluster_answered_at"):
        assert datetime.fromisoformat(found[name]).timestamp() < found["hung_at"]


def test_all_is_caught_up_with_and_ran_once(found: dict[str, Any]) -> None:
    assert_each_ran_once(found)
    assert set(found["states"]) <= {"completed", "cancelled"}
    assert_books_agree(found)


@pytest.mark.long
def test_with_fewer_slots_than_hanging_clusters_the_others_would_wait() -> None:
    passes = hang("--slots", "8")["passes"]
    assert passes["during"]["median"] > 2 * passes["before"]["median"]

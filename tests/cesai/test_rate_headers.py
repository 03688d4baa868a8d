"""Each answer says how many calls are left, and a refusal when to come back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from projects.bearer import TokenRate, WritePace
from tests.conftest import Caller, new_client

HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
CALLS = 10


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ten calls in a minute, and of them five changes in this one process."""
    caches["process"].clear()
    monkeypatch.setattr(TokenRate, "rate", f"{CALLS}/min", raising=False)
    monkeypatch.setattr(WritePace, "rate", f"{CALLS * 5}/min", raising=False)
    with override_settings(WEB_WORKERS=2):
        yield
    caches["process"].clear()


def _said(answer: Any) -> tuple[int, ...]:
    return tuple(int(answer[name]) for name in HEADERS)


@pytest.mark.usefixtures("slow")
def test_each_call_leaves_one_less(lead: Caller) -> None:
    found = [_said(lead.get("groups/"))[:2] for _ in range(3)]
    assert found == [(CALLS, CALLS - 1), (CALLS, CALLS - 2), (CALLS, CALLS - 3)]


@pytest.mark.usefixtures("slow")
def test_the_reset_tells_within_how_many_seconds_more_is_left(lead: Caller) -> None:
    assert _said(lead.get("groups/"))[2] in {59, 60}


@pytest.mark.usefixtures("slow")
def test_the_reset_is_that_of_the_oldest_call(
    lead: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead.get("groups/")
    later = time.time() + 20
    monkeypatch.setattr(TokenRate, "timer", lambda _self: later)

    assert _said(lead.get("groups/"))[2] in {40, 41}


@pytest.mark.usefixtures("slow")
def test_who_calls_too_often_is_told_when_to_come_back(lead: Caller) -> None:
    for _ in range(CALLS):
        assert lead.get("groups/").status_code == 200
    answer = lead.get("groups/")
    assert (answer.status_code, answer.json()["status"]) == (429, 429)
    assert _said(answer)[:2] == (CALLS, 0)
    assert 1 <= int(answer["Retry-After"]) <= 61


@pytest.mark.usefixtures("slow")
def test_of_a_change_the_tighter_limit_is_told(lead: Caller) -> None:
    answer = lead.post("watches/", {"name": "w", "languages": ["de"]})
    assert answer.status_code == 201
    assert _said(answer)[:2] == (5, 4)


@pytest.mark.usefixtures("slow")
def test_who_changes_too_much_is_told_when_to_come_back(lead: Caller) -> None:
    for n in range(5):
        assert lead.post("watches/", {"name": f"w{n}", "languages": ["de"]}).status_code == 201
    answer = lead.post("watches/", {"name": "w", "languages": ["de"]})
    assert answer.status_code == 429
    assert _said(answer)[:2] == (5, 0)
    assert 1 <= int(answer["Retry-After"]) <= 61


@pytest.mark.usefixtures("slow")
def test_one_persons_calls_are_not_anothers(lead: Caller, stranger: Caller) -> None:
    lead.get("groups/")
    assert _said(stranger.get("groups/"))[1] == CALLS - 1


@pytest.mark.usefixtures("slow")
def test_an_answer_that_is_told_again_counts_and_says_so(lead: Caller) -> None:
    first, again = (
        lead.post("watches/", {"name": "w", "languages": ["de"]}, key="same") for _ in range(2)
    )
    assert again["Idempotency-Replayed"] == "true"
    assert _said(again)[1] == _said(first)[1] - 1


@pytest.mark.parametrize("path", ["groups/nonsense/", "groups/?partner=nonsense"])
def test_a_refusal_says_what_is_left_too(lead: Caller, path: str) -> None:
    assert _said(lead.get(path))[1] > 0


def test_what_is_not_modified_says_what_is_left(lead: Caller) -> None:
    answer = lead.get("groups/", **{"If-None-Match": "*"})
    assert answer.status_code == 304
    assert _said(answer)[1] > 0


def test_a_stream_says_what_is_left(lead: Caller) -> None:
    assert _said(lead.get("groups/?format=csv"))[1] > 0


def test_nothing_is_counted_for_who_has_no_token_and_for_pages(lead: Caller) -> None:
    for answer in (new_client().get("/api/v1/groups/"), lead.as_browser.get("/groups/")):
        assert not set(HEADERS) & set(answer.headers)


def test_it_takes_no_query(lead: Caller) -> None:
    with CaptureQueriesContext(connection) as asked:
        lead.get("groups/")
    assert len(asked) == 2  # who calls, and the groups

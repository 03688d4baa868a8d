"""The calendar of calls, which coordinators keep."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from compute.models import Call
from projects.models import Event
from tests import make
from tests.conftest import Caller

BODY = {"board": "GCS", "title": "Large-scale call", "url": "https://example.org/call",
        "opens_on": "2027-01-05", "closes_on": "2027-02-15", "text": "For AI."}  # fmt: skip


def test_a_coordinator_enters_one(coordinator: Caller) -> None:
    answer = coordinator.post("calls/", BODY)
    assert answer.status_code == 201
    assert answer.json()["as_of"] == str(make.today())
    assert Event.objects.filter(kind="keep_call", actor=coordinator.user).exists()


def test_everybody_who_is_signed_in_reads_it(stranger: Caller) -> None:
    call = make.make_call()
    assert stranger.get(f"calls/{call.pk}").json()["title"] == call.title


def test_it_is_brought_up_to_date_and_says_since_when(coordinator: Caller) -> None:
    call = make.make_call()
    Call.objects.update(as_of=make.today() - timedelta(100))
    answer = coordinator.put(f"calls/{call.pk}", BODY)
    assert (answer.json()["title"], answer.json()["as_of"]) == (
        BODY["title"], str(make.today()),
    )  # fmt: skip


def test_one_title_of_a_board_is_there_once(coordinator: Caller) -> None:
    coordinator.post("calls/", BODY)
    assert coordinator.post("calls/", BODY).status_code == 409
    other = make.make_call()
    assert coordinator.put(f"calls/{other.pk}", BODY).status_code == 409
    assert Call.objects.count() == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [("closes_on", "2027-01-01"), ("url", "javascript:alert(1)"), ("title", ""), ("board", " ")],
)
def test_what_cannot_be_is_refused(coordinator: Caller, field: str, value: str) -> None:
    answer = coordinator.post("calls/", {**BODY, field: value})
    assert answer.status_code == 400
    assert field in answer.json()["errors"]


def test_it_is_taken_off(coordinator: Caller) -> None:
    call = make.make_call()
    assert coordinator.delete(f"calls/{call.pk}").status_code == 204
    assert not Call.objects.exists()


@pytest.mark.parametrize("who", ["quota_admin", "lead", "operator", "stranger"])
def test_others_keep_none(request: pytest.FixtureRequest, who: str) -> None:
    caller: Caller = request.getfixturevalue(who)
    call = make.make_call()
    assert caller.post("calls/", BODY).status_code == 403
    assert caller.put(f"calls/{call.pk}", BODY).status_code == 403
    assert caller.delete(f"calls/{call.pk}").status_code == 403


def test_the_nearest_deadline_stands_first_and_what_is_over_is_folded(lead: Caller) -> None:
    today = make.today()
    make.make_call(title="Standing", closes_on=None)
    make.make_call(title="Later", closes_on=today + timedelta(60))
    make.make_call(title="Today", closes_on=today)
    make.make_call(title="Gone", closes_on=today - timedelta(1))
    answer = lead.as_browser.get(reverse("calls"))
    assert [call.title for call in answer.context["to_come"]] == ["Today", "Later", "Standing"]
    assert [call.title for call in answer.context["over"]] == ["Gone"]
    assert "1 call is over" in answer.content.decode()
    assert reverse("call-new") not in answer.content.decode()


def test_the_pages_enter_change_and_drop_one(coordinator: Caller) -> None:
    browser = coordinator.as_browser
    assert browser.post(reverse("call-new"), BODY).status_code == 302
    call = Call.objects.get()
    page = reverse("call", args=[call.pk])
    assert "2027-02-15" in browser.get(page).content.decode()
    wrong = browser.post(page, {**BODY, "closes_on": "2026-01-01"})
    assert wrong.status_code == 400
    assert "It closes after it opens." in wrong.content.decode()
    assert browser.post(page, {**BODY, "title": "Other"}).status_code == 302
    assert browser.post(reverse("call-drop", args=[call.pk])).status_code == 302
    assert not Call.objects.exists()

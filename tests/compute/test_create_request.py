"""Drafting a request for GPU-hours."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from compute.models import Pool, Request, RequestLine
from projects.models import Event, Project
from tests import make
from tests.compute.bodies import line_body, request_body
from tests.conftest import Caller


def test_a_lead_drafts_and_the_amounts_come_back(
    lead: Caller, project: Project, pool: Pool
) -> None:
    answer = lead.post("requests/", request_body(project, pool))
    body = answer.json()
    assert (answer.status_code, body["state"], body["waiting_on"]) == (201, "draft", "applicant")
    assert body["lines"][0]["gpu_hours"] == "10"
    assert body["lines"][0]["gpu_seconds"] == 36000


def test_a_draft_is_one_event_and_one_move(lead: Caller, project: Project, pool: Pool) -> None:
    lead.post("requests/", request_body(project, pool))
    request = Request.objects.get()
    assert Event.objects.filter(kind="create_request", object_id=request.pk).count() == 1
    assert [move.to_state for move in request.moves.all()] == ["draft"]


def test_a_draft_is_seen_by_its_project_only(
    lead: Caller, stranger: Caller, quota_admin: Caller, project: Project, pool: Pool
) -> None:
    request = make.make_request(project, pool, submitted=False)
    assert lead.get(f"requests/{request.pk}/").status_code == 200
    for who in (stranger, quota_admin):
        assert who.get(f"requests/{request.pk}/").status_code == 404


def test_a_stranger_cannot_ask_for_a_project_of_others(
    stranger: Caller, project: Project, pool: Pool
) -> None:
    assert stranger.post("requests/", request_body(project, pool)).status_code == 404
    assert not Request.objects.exists()


def test_members_and_guests_may_not_ask(
    member: Caller, guest: Caller, project: Project, pool: Pool
) -> None:
    for who in (member, guest):
        assert who.post("requests/", request_body(project, pool)).status_code == 403
    assert not Request.objects.exists()


@pytest.mark.parametrize(
    "amount",
    [
        -1, 0, "0", "-1", "NaN", "nan", "Infinity", "1e309", "1e3", "", " ", "ten", True, None,
        [], {}, "1.00001", 0.00001, "0.00001", "1_0", "１０", 2**63, "9" * 30, 1e300,
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused_by_line_and_leaves_nothing(
    lead: Caller, project: Project, pool: Pool, amount: Any
) -> None:
    body = request_body(project, pool, lines=[line_body(pool, gpu_hours=amount)])
    answer = lead.post("requests/", body)
    assert answer.status_code == 400
    assert "gpu_hours" in str(answer.json()["errors"]["lines"])
    assert not Request.objects.exists()


@pytest.mark.parametrize(
    ("amount", "seconds"),
    [("10", 36000), (10, 36000), ("0.0003", 1), (0.5, 1800), ("60.0000", 216000)],
)
def test_decimal_text_and_numbers_are_taken(
    lead: Caller, project: Project, pool: Pool, amount: Any, seconds: int
) -> None:
    body = request_body(project, pool, lines=[line_body(pool, gpu_hours=amount)])
    assert lead.post("requests/", body).json()["lines"][0]["gpu_seconds"] == seconds


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (0, 0, "must end after"),
        (30, 10, "must end after"),
        (-30, 0, "ended on"),
        (0, 5 * 366 + 1, "five years long"),
        (3650, 3661, "ten years from now"),
    ],
)
def test_a_window_that_cannot_be_is_refused_by_line(
    lead: Caller, project: Project, pool: Pool, start: int, end: int, words: str
) -> None:
    days = (make.today() + timedelta(start), make.today() + timedelta(end))
    bad = line_body(pool, start=str(days[0]), end=str(days[1]))
    answer = lead.post("requests/", request_body(project, pool, lines=[line_body(pool), bad]))
    assert answer.status_code == 400
    assert "Line 2" in answer.json()["detail"]
    assert words in answer.json()["detail"]
    assert not Request.objects.exists()


@pytest.mark.parametrize("day", ["2027-02-29", "tomorrow", "9999-12-31", "2027-01-01T00:00", 5])
def test_an_impossible_day_is_refused(
    lead: Caller, project: Project, pool: Pool, day: Any
) -> None:
    body = request_body(project, pool, lines=[line_body(pool, end=day)])
    assert lead.post("requests/", body).status_code == 400


def test_a_leap_day_is_a_day(lead: Caller, project: Project, pool: Pool) -> None:
    line = line_body(pool, start="2028-02-29", end="2028-03-01")
    answer = lead.post("requests/", request_body(project, pool, lines=[line]))
    assert answer.json()["lines"][0]["start"] == "2028-02-29"


def test_no_line_at_all_is_refused(lead: Caller, project: Project, pool: Pool) -> None:
    assert lead.post("requests/", request_body(project, pool, lines=[])).status_code == 400


def test_fifty_one_lines_are_refused(lead: Caller, project: Project, pool: Pool) -> None:
    body = request_body(project, pool, lines=[line_body(pool)] * 51)
    assert lead.post("requests/", body).status_code == 400
    assert not RequestLine.objects.exists()


def test_an_unknown_pool_answers_like_a_hidden_one(
    lead: Caller, project: Project, pool: Pool
) -> None:
    body = request_body(project, pool, lines=[line_body(pool) | {"pool": make.key()}])
    assert lead.post("requests/", body).status_code == 404
    assert not Request.objects.exists()


def test_a_model_of_others_answers_like_one_that_does_not_exist(
    lead: Caller, project: Project, pool: Pool
) -> None:
    hidden = make.make_model()
    answers = [
        lead.post("requests/", request_body(project, pool, model=str(key)))
        for key in (hidden.pk, make.key())
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content


def test_an_unknown_field_is_refused(lead: Caller, project: Project, pool: Pool) -> None:
    answer = lead.post("requests/", request_body(project, pool, state="awarded"))
    assert answer.status_code == 400
    assert "state" in answer.json()["errors"]


def test_a_nul_in_the_words_is_refused(lead: Caller, project: Project, pool: Pool) -> None:
    body = request_body(project, pool, justification="a\0b")
    assert lead.post("requests/", body).status_code == 400


def test_without_an_idempotency_key_nothing_is_drafted(
    lead: Caller, project: Project, pool: Pool
) -> None:
    assert lead.post("requests/", request_body(project, pool), key="").status_code == 400
    assert not Request.objects.exists()


def test_the_same_key_drafts_once(lead: Caller, project: Project, pool: Pool) -> None:
    key, body = make.key(), request_body(project, pool)
    first, second = lead.post("requests/", body, key=key), lead.post("requests/", body, key=key)
    assert first.content == second.content
    assert Request.objects.count() == 1

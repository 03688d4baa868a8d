"""Refusals: one shape for programs, one sentence for people, and no trace for anybody."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from rest_framework.throttling import UserRateThrottle

from projects.models import Group, Project
from tests import make
from tests.conftest import Caller, new_client


def _refusals(lead: Caller, group: Group) -> dict[int, Any]:
    lead.post("projects/", {"lead_group": str(group.pk), "slug": "new", "title": "x"}, key="one")
    return {
        400: lead.post("projects/", {}),
        401: new_client().get("/api/v1/projects/"),
        403: lead.post("groups/", {"partner": str(group.partner_id), "name": "x", "slug": "x"}),
        404: lead.get("projects/none/"),
        405: lead.put("projects/", {}),
        406: lead.get("projects/", Accept="text/xml"),
        409: lead.post("projects/", {"lead_group": str(group.pk), "slug": "new", "title": "x"}),
        422: lead.post("projects/", {}, key="one"),
    }


def test_every_refusal_is_a_problem_with_type_title_status_and_sentence(
    lead: Caller, group: Group
) -> None:
    for status, answer in _refusals(lead, group).items():
        body = answer.json()
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert (answer.status_code, body["status"]) == (status, status)
        assert body["type"].startswith("/problems/")
        assert body["title"]
        assert body["detail"].endswith((".", "header."))


def test_an_unknown_address_is_answered_like_an_unknown_thing(stranger: Caller) -> None:
    unknown = stranger.get("nowhere/")

    assert (unknown.status_code, unknown.content) == (404, stranger.get("groups/none/").content)


def test_a_person_gets_a_page_instead(db: None) -> None:
    page = new_client().get("/nowhere/")

    assert page.status_code == 404
    assert page.headers["Content-Type"].startswith("text/html")


def test_a_refusal_is_told_in_the_callers_language(lead: Caller) -> None:
    answer = lead.post("tokens/", {"name": ""}, **{"Accept-Language": "de"})

    assert answer.json()["errors"]["name"] == ["Dieses Feld darf nicht leer sein."]


def test_a_stranger_learns_nothing_from_a_fault(lead: Caller, project: Project) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE projects_project RENAME COLUMN title TO gone")

    answer = lead.get("projects/")

    assert answer.status_code == 500
    assert answer.json()["type"] == "/problems/fault"
    assert not any(word in answer.content for word in (b"gone", b"Traceback", b"SELECT", b".py"))


def test_who_calls_too_often_is_told_when_to_come_back(
    lead: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UserRateThrottle, "rate", "2/min", raising=False)
    caches["process"].clear()

    answers = [lead.get("projects/") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 0 < int(answers[2].headers["Retry-After"]) <= 61


def test_a_call_refused_for_its_pace_may_be_repeated_with_its_key(
    lead: Caller, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    body, key = {"lead_group": str(group.pk), "slug": "new", "title": "x"}, make.key()
    monkeypatch.setattr(UserRateThrottle, "rate", "1/min", raising=False)
    caches["process"].clear()
    lead.get("projects/")
    assert lead.post("projects/", body, key=key).status_code == 429

    caches["process"].clear()

    assert lead.post("projects/", body, key=key).status_code == 201


def test_a_401_says_how_to_sign_in(db: None) -> None:
    answer = new_client().get("/api/v1/projects/")

    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_browsers_session_does_not_open_the_api(lead: Caller) -> None:
    assert lead.as_browser.get("/api/v1/projects/").status_code == 401


def test_a_page_that_is_sent_too_much_answers_with_a_page(lead: Caller) -> None:
    answer = lead.as_browser.post("/requests/new/", {"justification": "x" * 5 * 1024 * 1024})
    assert answer.status_code == 413
    assert "text/html" in answer["Content-Type"]
    assert "4 MiB" in answer.content.decode()

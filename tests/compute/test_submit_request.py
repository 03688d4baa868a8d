"""Handing a request in."""

from __future__ import annotations

from typing import Any

import pytest

from compute.actions.requests import return_request
from compute.models import Pool, Request
from projects.models import Event, Project
from tests import make
from tests.conftest import Caller


def test_a_draft_is_handed_in_with_a_day_by_which_it_is_decided(
    lead: Caller, project: Project, pool: Pool
) -> None:
    request = make.make_request(project, pool, submitted=False)
    body = lead.post(f"requests/{request.pk}/submit/").json()
    assert (body["state"], body["waiting_on"]) == ("submitted", "reviewer")
    assert body["due_at"] > body["submitted_at"]
    assert Event.objects.filter(kind="submit_request").count() == 1


def test_handing_in_twice_is_a_conflict_that_says_so(
    lead: Caller, project: Project, handed_in: Request
) -> None:
    answer = lead.post(f"requests/{handed_in.pk}/submit/")
    assert answer.status_code == 409
    assert "submitted already" in answer.json()["detail"]
    assert Event.objects.filter(kind="submit_request").count() == 1


def test_what_was_sent_back_returns_to_review(
    lead: Caller, quota_admin: Caller, project: Project, handed_in: Request
) -> None:
    return_request(by=quota_admin.user, request=handed_in, comment="less", now=make.now())
    assert lead.post(f"requests/{handed_in.pk}/submit/").json()["state"] == "in_review"


@pytest.mark.parametrize(
    ("reasons", "text", "has_model", "missing"),
    [
        (["method"], "because", False, "model"),
        ([], "because", True, "why_not_reuse"),
        (["method"], "  ", True, "why_not_reuse"),
    ],
)
def test_a_training_request_must_be_complete(
    lead: Caller,
    project: Project,
    pool: Pool,
    reasons: list[str],
    text: str,
    has_model: bool,
    missing: str,
) -> None:
    values: dict[str, Any] = {"why_not_reasons": reasons, "why_not_text": text}
    values["model"] = make.make_model(project) if has_model else None
    request = make.make_request(project, pool, submitted=False, purpose="training", **values)
    answer = lead.post(f"requests/{request.pk}/submit/")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [missing])
    request.refresh_from_db()
    assert (request.state, request.submitted_at) == ("draft", None)


def test_the_facts_of_the_model_are_frozen_with_it(
    lead: Caller, project: Project, pool: Pool
) -> None:
    model = make.make_model(project, name="Frozen")
    request = make.make_request(project, pool, submitted=False, model=model)
    lead.post(f"requests/{request.pk}/submit/")
    type(model).objects.filter(pk=model.pk).update(name="Thawed")
    request.refresh_from_db()
    assert "Frozen" in str(request.facts)


def test_a_body_with_fields_is_refused(lead: Caller, project: Project, pool: Pool) -> None:
    request = make.make_request(project, pool, submitted=False)
    assert lead.post(f"requests/{request.pk}/submit/", {"force": True}).status_code == 400


def test_a_member_may_not_hand_it_in(member: Caller, project: Project, pool: Pool) -> None:
    request = make.make_request(project, pool, submitted=False)
    assert member.post(f"requests/{request.pk}/submit/").status_code == 403


def test_a_stranger_finds_no_request(stranger: Caller, project: Project, pool: Pool) -> None:
    request = make.make_request(project, pool, submitted=False)
    assert stranger.post(f"requests/{request.pk}/submit/").status_code == 404

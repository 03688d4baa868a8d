"""Sending a request back for changes."""

from __future__ import annotations

from compute.actions.awards import Grant, award
from compute.models import Request
from tests import make
from tests.conftest import Caller


def test_it_waits_for_the_applicant_and_tells_why(coordinator: Caller, handed_in: Request) -> None:
    answer = coordinator.post(f"requests/{handed_in.pk}/return/", {"comment": "say more"})
    assert (answer.json()["state"], answer.json()["waiting_on"]) == (
        "changes_requested",
        "applicant",
    )
    assert [move.reason for move in handed_in.moves.all()][-1] == "say more"


def test_without_words_it_is_refused(coordinator: Caller, handed_in: Request) -> None:
    answer = coordinator.post(f"requests/{handed_in.pk}/return/", {"comment": "  "})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["comment"])
    handed_in.refresh_from_db()
    assert handed_in.state == "submitted"


def test_what_is_awarded_is_not_sent_back(
    coordinator: Caller, quota_admin: Caller, handed_in: Request
) -> None:
    grants = [Grant(handed_in.lines.get(), 3600)]
    award(by=quota_admin.user, request=handed_in, grants=grants, reason="", now=make.now())
    answer = coordinator.post(f"requests/{handed_in.pk}/return/", {"comment": "wait"})
    assert answer.status_code == 409
    assert "awarded already (quota_admin" in answer.json()["detail"]


def test_the_applicant_does_not_send_it_back(lead: Caller, handed_in: Request) -> None:
    answer = lead.post(f"requests/{handed_in.pk}/return/", {"comment": "x"})
    assert answer.status_code == 403


def test_a_stranger_finds_no_request(stranger: Caller, handed_in: Request) -> None:
    answer = stranger.post(f"requests/{handed_in.pk}/return/", {"comment": "x"})
    assert answer.status_code == 404

"""Taking a request on."""

from __future__ import annotations

from compute.models import Request
from projects.models import Event
from tests.conftest import Caller


def test_the_reviewer_becomes_its_owner(coordinator: Caller, handed_in: Request) -> None:
    answer = coordinator.post(f"requests/{handed_in.pk}/review/", {"comment": "mine"})
    assert answer.json()["state"] == "in_review"
    handed_in.refresh_from_db()
    assert handed_in.owner == coordinator.user
    assert Event.objects.get(kind="review_request").reason == "mine"


def test_the_second_reviewer_gets_a_conflict(
    coordinator: Caller, quota_admin: Caller, handed_in: Request
) -> None:
    coordinator.post(f"requests/{handed_in.pk}/review/")
    assert quota_admin.post(f"requests/{handed_in.pk}/review/").status_code == 409
    handed_in.refresh_from_db()
    assert handed_in.owner == coordinator.user


def test_the_applicant_does_not_review(lead: Caller, handed_in: Request) -> None:
    assert lead.post(f"requests/{handed_in.pk}/review/").status_code == 403


def test_an_auditor_reads_and_does_not_review(auditor: Caller, handed_in: Request) -> None:
    assert auditor.get(f"requests/{handed_in.pk}/").status_code == 200
    assert auditor.post(f"requests/{handed_in.pk}/review/").status_code == 403


def test_a_stranger_finds_no_request(stranger: Caller, handed_in: Request) -> None:
    assert stranger.post(f"requests/{handed_in.pk}/review/").status_code == 404

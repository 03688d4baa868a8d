"""Taking a request back."""

from __future__ import annotations

from compute.models import Request
from tests.compute.bodies import award_body
from tests.conftest import Caller


def test_the_applicant_takes_it_back(lead: Caller, handed_in: Request) -> None:
    assert lead.post(f"requests/{handed_in.pk}/withdraw/").json()["state"] == "withdrawn"


def test_what_was_withdrawn_is_not_awarded(
    lead: Caller, quota_admin: Caller, handed_in: Request
) -> None:
    lead.post(f"requests/{handed_in.pk}/withdraw/")
    answer = quota_admin.post(f"requests/{handed_in.pk}/award/", award_body(handed_in))
    assert answer.status_code == 409
    assert "withdrawn already" in answer.json()["detail"]


def test_what_was_awarded_is_not_withdrawn(
    lead: Caller, quota_admin: Caller, handed_in: Request
) -> None:
    quota_admin.post(f"requests/{handed_in.pk}/award/", award_body(handed_in))
    assert lead.post(f"requests/{handed_in.pk}/withdraw/").status_code == 409


def test_a_member_may_not_take_it_back(member: Caller, handed_in: Request) -> None:
    assert member.post(f"requests/{handed_in.pk}/withdraw/").status_code == 403


def test_a_stranger_finds_no_request(stranger: Caller, handed_in: Request) -> None:
    assert stranger.post(f"requests/{handed_in.pk}/withdraw/").status_code == 404

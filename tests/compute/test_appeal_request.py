"""An appeal against a denial: once, and another person decides."""

from __future__ import annotations

import pytest

from compute.models import Request
from projects.models import Notice, Project
from projects.roles import Role
from tests import make
from tests.conftest import Caller

WHY = {"reason": "The data is ready after all."}


@pytest.fixture
def denied(quota_admin: Caller, project: Project) -> Request:
    request = make.make_request(project)
    quota_admin.post(f"requests/{request.pk}/deny", {"reason": "no data"})
    return request


@pytest.fixture
def other(db: None) -> Caller:
    user = make.make_staff(Role.QUOTA_ADMIN, "other")
    return Caller(user, make.make_token(user))


def appeal(caller: Caller, request: Request) -> int:
    return int(caller.post(f"requests/{request.pk}/appeal", WHY).status_code)


def test_it_is_reviewed_again_by_another(
    lead: Caller, quota_admin: Caller, other: Caller, denied: Request
) -> None:
    assert appeal(lead, denied) == 200
    shown = lead.get(f"requests/{denied.pk}").json()
    assert (shown["state"], shown["waiting_on"], shown["decided_at"]) == (
        "in_review", "reviewer", None
    )  # fmt: skip
    again = quota_admin.post(f"requests/{denied.pk}/deny", {"reason": "still not"})
    assert again.status_code == 403
    line = denied.lines.get()
    body = {"lines": [{"line": str(line.pk), "gpu_hours": 10}], "reason": "right"}
    answer = other.post(f"requests/{denied.pk}/award", body, key=make.key())
    assert (answer.status_code, answer.json()["state"]) == (200, "awarded")


def test_once(lead: Caller, other: Caller, denied: Request) -> None:
    appeal(lead, denied)
    other.post(f"requests/{denied.pk}/deny", {"reason": "no"})
    assert appeal(lead, denied) == 409


def test_those_who_award_are_told(lead: Caller, other: Caller, denied: Request) -> None:
    appeal(lead, denied)
    assert Notice.objects.filter(kind="request_appealed", user=other.user).exists()


def test_what_was_not_denied_is_not_appealed(lead: Caller, project: Project) -> None:
    assert appeal(lead, make.make_request(project)) == 409


def test_it_says_why(lead: Caller, denied: Request) -> None:
    answer = lead.post(f"requests/{denied.pk}/appeal", {"reason": " "})
    assert answer.status_code == 400


def test_a_member_does_not_appeal_for_the_leads(member: Caller, denied: Request) -> None:
    assert appeal(member, denied) == 403


def test_to_a_stranger_it_is_not_there(stranger: Caller, denied: Request) -> None:
    assert appeal(stranger, denied) == 404


def test_the_page_offers_it_and_tells_of_it(lead: Caller, denied: Request) -> None:
    url = f"/requests/{denied.pk}/"
    assert "Appeal" in lead.as_browser.get(url).content.decode()
    lead.as_browser.post(f"{url}appeal/", {"appeal-comment": WHY["reason"]})
    page = lead.as_browser.get(url).content.decode()
    assert "another quota admin decides" in page

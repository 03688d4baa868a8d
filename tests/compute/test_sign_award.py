"""Two signatures under a large award: the same terms, from two people."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from compute.models import Allocation, AwardSignature, Request
from projects.models import Event, Notice
from projects.roles import Role
from tests import make
from tests.conftest import Caller

LARGE = 100


@pytest.fixture(autouse=True)
def threshold(settings: Settings) -> None:
    settings.TWO_SIGNATURES_GPU_HOURS = 50


@pytest.fixture
def second(db: None) -> Caller:
    user = make.make_staff(Role.QUOTA_ADMIN, "second")
    return Caller(user, make.make_token(user))


@pytest.fixture
def request_(db: None) -> Request:
    return make.make_request(gpu_hours=LARGE)


def award(caller: Caller, request: Request, hours: int = LARGE) -> tuple[int, str]:
    line = request.lines.get()
    body = {"lines": [{"line": str(line.pk), "gpu_hours": hours}], "reason": "good"}
    answer = caller.post(f"requests/{request.pk}/award", body, key=make.key())
    content = answer.json()
    return answer.status_code, content.get("state") or content["detail"]


def test_one_signature_awards_nothing(quota_admin: Caller, request_: Request) -> None:
    assert award(quota_admin, request_) == (200, "in_review")
    assert not Allocation.objects.exists()
    shown = quota_admin.get(f"requests/{request_.pk}").json()
    assert shown["signed_by"] == quota_admin.user.username


def test_the_same_person_does_not_sign_twice(quota_admin: Caller, request_: Request) -> None:
    award(quota_admin, request_)
    assert award(quota_admin, request_) == (200, "in_review")
    assert not Allocation.objects.exists()


def test_two_people_award(quota_admin: Caller, second: Caller, request_: Request) -> None:
    award(quota_admin, request_)
    assert award(second, request_) == (200, "awarded")
    assert Allocation.objects.get().gpu_seconds == LARGE * 3600
    events = Event.objects.filter(kind__in=["sign_award", "award"]).order_by("at")
    assert [event.actor for event in events] == [quota_admin.user, second.user]


def test_other_terms_are_refused_naming_what_was_signed(
    quota_admin: Caller, second: Caller, request_: Request
) -> None:
    award(quota_admin, request_, 90)
    status, words = award(second, request_)
    assert status == 409
    assert "90 GPU-h" in words
    assert not Allocation.objects.exists()


def test_up_to_the_threshold_one_person_decides(quota_admin: Caller, request_: Request) -> None:
    assert award(quota_admin, request_, 50) == (200, "awarded")


def test_a_request_sent_back_is_signed_anew(
    quota_admin: Caller, second: Caller, request_: Request
) -> None:
    award(quota_admin, request_)
    second.post(f"requests/{request_.pk}/return", {"comment": "Which data?"})
    assert not AwardSignature.objects.exists()


def test_who_keeps_out_takes_their_signature_back(
    quota_admin: Caller, second: Caller, request_: Request
) -> None:
    award(quota_admin, request_)
    quota_admin.post(f"requests/{request_.pk}/recuse", {"reason": "A friend's."})
    assert award(second, request_) == (200, "in_review")
    assert not Allocation.objects.exists()


def test_the_others_who_award_are_told(
    quota_admin: Caller, second: Caller, request_: Request
) -> None:
    award(quota_admin, request_)
    told = Notice.objects.filter(kind="award_signed").values_list("user", flat=True)
    assert list(told) == [second.user.pk]


def test_who_signed_is_not_told_to_applicants(quota_admin: Caller, lead: Caller) -> None:
    project = make.make_project(lead.user.memberships.get().group)
    mine = make.make_request(project, gpu_hours=LARGE)
    award(quota_admin, mine)
    assert lead.get(f"requests/{mine.pk}").json()["signed_by"] == ""


def test_a_stranger_signs_nothing(stranger: Caller, request_: Request) -> None:
    assert award(stranger, request_)[0] == 404
    assert not AwardSignature.objects.exists()

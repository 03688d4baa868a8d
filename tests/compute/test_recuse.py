"""Keeping out of a decision: nothing can be decided by those who do."""

from __future__ import annotations

import pytest

from compute.models import Request
from projects.models import Event
from tests import make
from tests.conftest import Caller


@pytest.fixture
def request_(db: None) -> Request:
    return make.make_request()


def recuse(caller: Caller, request: Request) -> int:
    body = {"reason": "My former group."}
    return int(caller.post(f"requests/{request.pk}/recuse", body).status_code)


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("deny", {"reason": "no"}),
        ("review", {"comment": ""}),
        ("return", {"comment": "why?"}),
    ],
)
def test_who_keeps_out_decides_nothing(
    quota_admin: Caller, request_: Request, what: str, body: dict[str, str]
) -> None:
    assert recuse(quota_admin, request_) == 200
    answer = quota_admin.post(f"requests/{request_.pk}/{what}", body)
    assert answer.status_code == 403
    assert "recused yourself" in answer.json()["detail"]


def test_who_keeps_out_awards_nothing(quota_admin: Caller, request_: Request) -> None:
    recuse(quota_admin, request_)
    body = {"lines": [{"line": str(request_.lines.get().pk), "gpu_hours": 1}], "reason": ""}
    answer = quota_admin.post(f"requests/{request_.pk}/award", body, key=make.key())
    assert answer.status_code == 403


def test_the_owner_who_keeps_out_is_owner_no_more(quota_admin: Caller, request_: Request) -> None:
    quota_admin.post(f"requests/{request_.pk}/review", {"comment": ""})
    recuse(quota_admin, request_)
    request_.refresh_from_db()
    assert request_.owner is None


def test_once_and_only_while_it_is_decided(quota_admin: Caller, request_: Request) -> None:
    assert (recuse(quota_admin, request_), recuse(quota_admin, request_)) == (200, 409)
    Request.objects.update(state="denied")
    assert recuse(quota_admin, request_) == 409


def test_the_reason_is_not_in_the_projects_log(quota_admin: Caller, request_: Request) -> None:
    recuse(quota_admin, request_)
    assert Event.objects.get(kind="recuse").project is None


def test_a_stranger_has_nothing_to_keep_out_of(stranger: Caller, request_: Request) -> None:
    assert recuse(stranger, request_) == 404

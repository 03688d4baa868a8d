"""Applicants and reviewers write to each other, and nobody else reads it."""

from __future__ import annotations

import pytest

from compute.models import Request
from projects.models import Notice, Project
from tests import make
from tests.conftest import Caller


@pytest.fixture
def request_(project: Project) -> Request:
    return make.make_request(project)


def say(caller: Caller, request: Request, text: str = "When do you begin?") -> int:
    return int(caller.post(f"requests/{request.pk}/messages", {"text": text}).status_code)


def test_both_sides_write_and_read(
    lead: Caller, coordinator: Caller, member: Caller, request_: Request
) -> None:
    assert (say(coordinator, request_), say(lead, request_, "In May.")) == (201, 201)
    answer = member.get(f"requests/{request_.pk}/messages")
    assert [(row["by"], row["text"]) for row in answer.json()] == [
        (coordinator.user.username, "When do you begin?"),
        (lead.user.username, "In May."),
    ]


def test_the_other_side_is_told(lead: Caller, quota_admin: Caller, request_: Request) -> None:
    quota_admin.post(f"requests/{request_.pk}/review", {"comment": ""})
    say(quota_admin, request_)
    say(lead, request_)
    told = Notice.objects.filter(kind="request_message").values_list("user", flat=True)
    assert set(told) == {lead.user.pk, quota_admin.user.pk}


def test_nothing_is_no_message(lead: Caller, request_: Request) -> None:
    assert say(lead, request_, "  ") == 400


def test_members_read_and_leave_writing_to_their_leads(member: Caller, request_: Request) -> None:
    assert say(member, request_) == 403


def test_to_a_stranger_it_is_not_there(stranger: Caller, request_: Request) -> None:
    assert say(stranger, request_) == 404
    assert stranger.get(f"requests/{request_.pk}/messages").status_code == 404


def test_the_page_shows_the_talk_and_escapes_it(lead: Caller, request_: Request) -> None:
    url = f"/requests/{request_.pk}/"
    answer = lead.as_browser.post(f"{url}say/", {"say-comment": "<b>now</b>"})
    assert answer.status_code == 302
    page = lead.as_browser.get(url).content.decode()
    assert "&lt;b&gt;now&lt;/b&gt;" in page

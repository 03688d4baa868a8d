"""Changing a request that was not handed in, or was sent back."""

from __future__ import annotations

from compute.actions.requests import return_request
from compute.models import Pool, Request
from projects.models import Event, Project
from tests import make
from tests.compute.bodies import line_body, request_body
from tests.conftest import Caller


def test_a_draft_takes_new_lines_in_place_of_the_old(
    lead: Caller, project: Project, pool: Pool
) -> None:
    request = make.make_request(project, pool, submitted=False)
    body = request_body(project, pool, lines=[line_body(pool, gpu_hours=5)], purpose="data")
    answer = lead.put(f"requests/{request.pk}/", body).json()
    assert ([line["gpu_hours"] for line in answer["lines"]], answer["purpose"]) == (["5"], "data")
    assert Event.objects.filter(kind="update_request").count() == 1


def test_a_request_that_was_sent_back_can_be_changed(
    lead: Caller, quota_admin: Caller, project: Project, handed_in: Request, pool: Pool
) -> None:
    return_request(by=quota_admin.user, request=handed_in, comment="less", now=make.now())
    body = request_body(project, pool, lines=[line_body(pool, gpu_hours=5)])
    assert lead.put(f"requests/{handed_in.pk}/", body).status_code == 200


def test_a_request_under_review_cannot_be_changed(
    lead: Caller, project: Project, handed_in: Request, pool: Pool
) -> None:
    answer = lead.put(f"requests/{handed_in.pk}/", request_body(project, pool))
    assert answer.status_code == 409
    assert "send it back" in answer.json()["detail"]
    assert handed_in.lines.get().gpu_seconds == 100 * 3600


def test_a_refused_change_leaves_the_old_lines(lead: Caller, project: Project, pool: Pool) -> None:
    request = make.make_request(project, pool, submitted=False)
    bad = line_body(pool, start="2030-01-02", end="2030-01-01")
    assert lead.put(f"requests/{request.pk}/", request_body(project, pool, lines=[bad]))
    assert request.lines.get().gpu_seconds == 100 * 3600


def test_a_request_stays_with_its_project(lead: Caller, project: Project, pool: Pool) -> None:
    request = make.make_request(project, pool, submitted=False)
    other = make.make_project(project.lead_group)
    assert lead.put(f"requests/{request.pk}/", request_body(other, pool)).status_code == 400


def test_a_member_may_not_change_it(member: Caller, project: Project, pool: Pool) -> None:
    request = make.make_request(project, pool, submitted=False)
    assert member.put(f"requests/{request.pk}/", request_body(project, pool)).status_code == 403


def test_a_stranger_finds_no_request_to_change(
    stranger: Caller, project: Project, pool: Pool
) -> None:
    request = make.make_request(project, pool, submitted=False)
    assert stranger.put(f"requests/{request.pk}/", request_body(project, pool)).status_code == 404

"""Papers of a committee's meeting: agenda and minutes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from compute.actions.requests import deny_request
from compute.models import CapacityMonth, Request
from projects.models import Project
from tests import make
from tests.conftest import Caller


def papers(caller: Caller, **query: Any) -> Any:
    return caller.as_browser.get(reverse("committee"), query).context


def test_the_agenda_lists_what_waits_and_what_was_granted_before(
    quota_admin: Caller, project: Project
) -> None:
    make.make_allocation(project, gpu_hours=60)
    waiting = make.make_request(project)
    [item] = papers(quota_admin)["waiting"]
    assert (item["row"], item["row"].asked, item["earlier"]) == (waiting, 360_000, 216_000)


def test_what_is_handed_in_after_the_meeting_is_of_the_next_one(
    quota_admin: Caller, project: Project
) -> None:
    make.make_request(project)
    assert papers(quota_admin, meeting=make.today() - timedelta(1))["waiting"] == []


def test_a_draft_is_no_matter_of_the_committee(coordinator: Caller, project: Project) -> None:
    make.make_request(project, submitted=False)
    assert papers(coordinator)["waiting"] == []


def test_the_minutes_tell_decisions_with_their_reasons(
    quota_admin: Caller, project: Project
) -> None:
    make.make_allocation(project)
    request = make.make_request(project)
    deny_request(by=quota_admin.user, request=request, reason="Not before spring", now=make.now())
    page = quota_admin.as_browser.get(reverse("committee"))
    states = [(row.state, row.given) for row in page.context["decided"]]
    assert states == [("awarded", 216_000), ("denied", None)]
    assert "Not before spring" in page.content.decode()


def test_what_was_decided_before_is_in_the_minutes_before(
    quota_admin: Caller, project: Project
) -> None:
    make.make_allocation(project)
    Request.objects.update(decided_at=make.now() - timedelta(40))
    assert not papers(quota_admin)["decided"]
    since = make.today() - timedelta(60)
    assert len(papers(quota_admin, since=since)["decided"]) == 1


def test_months_given_away_twice_are_named(quota_admin: Caller, project: Project) -> None:
    allocation = make.make_allocation(project)
    CapacityMonth.objects.filter(pool=allocation.pool, granted__gt=0).update(
        offered=1, over_committed=10**9
    )
    found = papers(quota_admin)["over"]
    assert {month.pool for month in found} == {allocation.pool}


def test_a_day_that_is_none_is_no_page(quota_admin: Caller) -> None:
    assert quota_admin.as_browser.get(reverse("committee"), {"since": "soon"}).status_code == 404


@pytest.mark.parametrize("who", ["lead", "stranger", "operator", "portal_admin"])
def test_it_is_for_those_who_decide(request: pytest.FixtureRequest, who: str) -> None:
    caller: Caller = request.getfixturevalue(who)
    assert caller.as_browser.get(reverse("committee")).status_code == 403

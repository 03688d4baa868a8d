"""A pause: nobody submits, what is there goes on, and the reason is read by the project."""

from __future__ import annotations

import pytest
from django.urls import reverse

from compute.models import Allocation
from projects.models import Event, Notice
from tests import make
from tests.conftest import Caller

PAUSE = {"reason": "The budget is being checked."}


def is_paused(allocation: Allocation) -> bool:
    allocation.refresh_from_db()
    return allocation.paused_at is not None


@pytest.mark.parametrize("who", ["quota_admin", "operator"])
def test_those_who_award_and_those_who_run_the_cluster_pause(
    request: pytest.FixtureRequest, allocation: Allocation, who: str
) -> None:
    caller: Caller = request.getfixturevalue(who)
    answer = caller.post(f"allocations/{allocation.pk}/pause", PAUSE)
    assert answer.status_code == 200
    assert answer.json()["pause_reason"] == PAUSE["reason"]
    assert is_paused(allocation)
    [event] = Event.objects.filter(kind="pause_allocation")
    assert (event.actor, event.reason) == (caller.user, PAUSE["reason"])


def test_the_projects_leads_are_told(
    quota_admin: Caller, lead: Caller, allocation: Allocation
) -> None:
    quota_admin.post(f"allocations/{allocation.pk}/pause", PAUSE)
    [notice] = Notice.objects.filter(user=lead.user, kind="allocation_paused")
    assert notice.path == reverse("allocation", args=[allocation.pk])


def test_a_reason_is_needed(quota_admin: Caller, allocation: Allocation) -> None:
    answer = quota_admin.post(f"allocations/{allocation.pk}/pause", {"reason": "  "})
    assert answer.status_code == 400
    assert not is_paused(allocation)


def test_a_pause_is_no_pause_twice(quota_admin: Caller, allocation: Allocation) -> None:
    quota_admin.post(f"allocations/{allocation.pk}/pause", PAUSE)
    answer = quota_admin.post(f"allocations/{allocation.pk}/pause", {"reason": "again"})
    assert answer.status_code == 409
    allocation.refresh_from_db()
    assert allocation.pause_reason == PAUSE["reason"]


def test_a_job_is_refused_with_the_reason(
    quota_admin: Caller, member: Caller, allocation: Allocation
) -> None:
    quota_admin.post(f"allocations/{allocation.pk}/pause", PAUSE)
    body = {"project": str(allocation.project_id), "allocation": str(allocation.pk),
            "script": "#!/bin/sh\ntrue\n", "gpus": 1, "minutes": 5}  # fmt: skip
    answer = member.post("jobs", body, key=make.key())
    assert answer.status_code == 409
    assert PAUSE["reason"] in answer.json()["detail"]


def test_it_goes_on(quota_admin: Caller, allocation: Allocation) -> None:
    quota_admin.post(f"allocations/{allocation.pk}/pause", PAUSE)
    answer = quota_admin.post(f"allocations/{allocation.pk}/resume", {})
    assert (answer.status_code, answer.json()["paused_at"]) == (200, None)
    assert not is_paused(allocation)
    assert quota_admin.post(f"allocations/{allocation.pk}/resume", {}).status_code == 409


def test_what_has_ended_is_not_paused(quota_admin: Caller, allocation: Allocation) -> None:
    Allocation.objects.update(state="expired")
    assert quota_admin.post(f"allocations/{allocation.pk}/pause", PAUSE).status_code == 409


@pytest.mark.parametrize("who", ["lead", "member", "coordinator", "auditor"])
def test_those_who_see_it_do_not_pause_it(
    request: pytest.FixtureRequest, allocation: Allocation, who: str
) -> None:
    caller: Caller = request.getfixturevalue(who)
    assert caller.post(f"allocations/{allocation.pk}/pause", PAUSE).status_code == 403
    assert not is_paused(allocation)


def test_to_a_stranger_it_is_not_there(stranger: Caller, allocation: Allocation) -> None:
    assert stranger.post(f"allocations/{allocation.pk}/pause", PAUSE).status_code == 404


def test_the_page_says_since_when_why_and_what_becomes_of_jobs(
    quota_admin: Caller, lead: Caller, allocation: Allocation
) -> None:
    url = reverse("allocation-pause", args=[allocation.pk])
    answer = quota_admin.as_browser.post(url, {"pause-reason": PAUSE["reason"]})
    assert answer.status_code == 302
    page = lead.as_browser.get(reverse("allocation", args=[allocation.pk])).content.decode()
    assert "Paused since" in page
    assert PAUSE["reason"] in page
    assert "Jobs that run or wait on the cluster go on." in page
    assert reverse("job-submit", args=[allocation.pk]) not in page


def test_what_was_typed_stays_when_it_is_refused(
    quota_admin: Caller, allocation: Allocation
) -> None:
    url = reverse("allocation-pause", args=[allocation.pk])
    quota_admin.as_browser.post(url, {"pause-reason": "first"})
    answer = quota_admin.as_browser.post(url, {"pause-reason": "second"})
    assert answer.status_code == 409
    assert "paused already" in answer.content.decode()

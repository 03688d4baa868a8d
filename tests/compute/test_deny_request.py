"""Saying no to a request."""

from __future__ import annotations

from compute.models import Allocation, Request
from projects.models import Event, Membership
from projects.roles import Role
from tests.conftest import Caller


def test_a_denial_tells_the_applicant_why(
    lead: Caller, quota_admin: Caller, handed_in: Request
) -> None:
    quota_admin.post(f"requests/{handed_in.pk}/deny/", {"reason": "no capacity"})
    shown = lead.get(f"requests/{handed_in.pk}/").json()
    assert (shown["state"], shown["decision_reason"]) == ("denied", "no capacity")
    assert Event.objects.get(kind="deny_request").actor == quota_admin.user


def test_without_a_reason_it_is_refused(quota_admin: Caller, handed_in: Request) -> None:
    assert quota_admin.post(f"requests/{handed_in.pk}/deny/").status_code == 400
    handed_in.refresh_from_db()
    assert (handed_in.state, handed_in.decided_at) == ("submitted", None)


def test_denying_twice_is_a_conflict_and_one_event(
    quota_admin: Caller, handed_in: Request
) -> None:
    path = f"requests/{handed_in.pk}/deny/"
    assert quota_admin.post(path, {"reason": "no"}).status_code == 200
    assert quota_admin.post(path, {"reason": "no"}).status_code == 409
    assert Event.objects.filter(kind="deny_request").count() == 1


def test_nobody_denies_in_their_own_project(quota_admin: Caller, handed_in: Request) -> None:
    group = handed_in.project.lead_group
    Membership.objects.create(user=quota_admin.user, group=group, role=Role.GUEST)
    answer = quota_admin.post(f"requests/{handed_in.pk}/deny/", {"reason": "no"})
    assert answer.status_code == 403
    assert "own project" in answer.json()["detail"]


def test_a_coordinator_may_not_deny(coordinator: Caller, handed_in: Request) -> None:
    answer = coordinator.post(f"requests/{handed_in.pk}/deny/", {"reason": "no"})
    assert answer.status_code == 403


def test_a_stranger_finds_no_request(stranger: Caller, handed_in: Request) -> None:
    answer = stranger.post(f"requests/{handed_in.pk}/deny/", {"reason": "no"})
    assert answer.status_code == 404
    assert not Allocation.objects.exists()

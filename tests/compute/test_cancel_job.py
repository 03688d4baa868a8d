"""Asking for a job's end."""

from __future__ import annotations

import pytest

from compute.models import Allocation, Job
from compute.states import FINAL, JobState
from projects.models import Event
from tests import make
from tests.compute.bodies import Calls
from tests.conftest import Caller


@pytest.fixture
def job(member: Caller, allocation: Allocation) -> Job:
    return make.make_job(allocation, by=member.user)


def cancel(caller: Caller, job: Job) -> int:
    return int(caller.post(f"jobs/{job.pk}/cancel/").status_code)


def test_the_submitter_asks_and_the_wish_is_kept(member: Caller, job: Job) -> None:
    answer = member.post(f"jobs/{job.pk}/cancel/").json()
    assert (answer["state"], bool(answer["cancel_requested_at"])) == ("new", True)
    job.refresh_from_db()
    assert job.cancel_requested_by == member.user


def test_asking_twice_is_asking_once(member: Caller, job: Job) -> None:
    assert [cancel(member, job) for _ in range(2)] == [200, 200]
    assert Event.objects.filter(kind="cancel_job").count() == 1


def test_leads_and_operators_may_ask(lead: Caller, operator: Caller, job: Job) -> None:
    assert cancel(lead, job) == 200
    assert cancel(operator, job) == 200


def test_another_member_may_not(caller: Calls, job: Job) -> None:
    other = caller(make.make_member(job.project.lead_group))
    assert cancel(other, job) == 403
    job.refresh_from_db()
    assert job.cancel_requested_at is None


def test_a_submitter_who_is_a_guest_by_now_may_not(member: Caller, job: Job) -> None:
    member.user.memberships.update(role="guest")
    assert cancel(member, job) == 403
    job.refresh_from_db()
    assert job.cancel_requested_at is None


def test_a_stranger_finds_no_job(stranger: Caller, job: Job) -> None:
    assert cancel(stranger, job) == 404
    job.refresh_from_db()
    assert job.cancel_requested_at is None


def test_a_submitter_who_left_the_group_finds_no_job(member: Caller, job: Job) -> None:
    type(member.user).objects.get(pk=member.user.pk)
    job.project.lead_group.memberships.filter(user=member.user).delete()
    assert cancel(member, job) == 404


@pytest.mark.parametrize("state", sorted(set(JobState) - FINAL))
def test_it_can_be_asked_in_every_state_that_is_not_final(
    member: Caller, job: Job, state: JobState
) -> None:
    Job.objects.update(state=state)
    assert cancel(member, job) == 200


@pytest.mark.parametrize("state", sorted(FINAL))
def test_an_ended_job_answers_with_how_it_ended(member: Caller, job: Job, state: JobState) -> None:
    Job.objects.update(state=state)
    answer = member.post(f"jobs/{job.pk}/cancel/")
    assert answer.status_code == 409
    assert "has ended already" in answer.json()["detail"]
    job.refresh_from_db()
    assert job.cancel_requested_at is None

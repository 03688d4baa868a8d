"""Submitting a job from fields."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from compute.models import Allocation, Cluster, Job
from compute.states import AllocationState
from projects.models import Event
from tests import make
from tests.compute.bodies import job_body, nothing_is_reserved, send_job
from tests.conftest import Caller

HOUR = 3600


def test_a_member_submits_and_the_most_it_may_use_is_reserved(
    member: Caller, allocation: Allocation
) -> None:
    answer = send_job(member, allocation, gpus=2, minutes=90)
    assert (answer.status_code, answer.json()["state"]) == (201, "new")
    assert answer.json()["reserved_gpu_seconds"] == 3 * HOUR
    allocation.balance.refresh_from_db()
    assert (allocation.balance.available, allocation.balance.reserved) == (57 * HOUR, 3 * HOUR)


def test_it_is_one_event_and_one_move(member: Caller, allocation: Allocation) -> None:
    send_job(member, allocation)
    job = Job.objects.get()
    assert Event.objects.get(kind="submit_job").object_id == job.pk
    assert [move.to_state for move in job.moves.all()] == ["new"]


def test_the_answer_tells_where_the_output_will_lie(
    member: Caller, allocation: Allocation
) -> None:
    path = send_job(member, allocation).json()["log_path"]
    assert path == f"/tmp/{allocation.unix_user}/slurm-%j.out"


def test_the_same_key_is_one_job(member: Caller, allocation: Allocation) -> None:
    key, body = make.key(), job_body(allocation)
    answers = [member.post("jobs/", body, key=key) for _ in range(3)]
    assert len({answer.content for answer in answers}) == 1
    assert Job.objects.count() == 1


def test_another_body_under_the_same_key_is_refused(
    member: Caller, allocation: Allocation
) -> None:
    key = make.key()
    member.post("jobs/", job_body(allocation), key=key)
    assert member.post("jobs/", job_body(allocation, gpus=2), key=key).status_code == 422
    assert Job.objects.get().gpus == 1


def test_without_a_key_nothing_is_submitted(member: Caller, allocation: Allocation) -> None:
    assert member.post("jobs/", job_body(allocation), key="").status_code == 400
    assert nothing_is_reserved(allocation)


@pytest.mark.parametrize("name", ["gpus", "nodes", "minutes"])
@pytest.mark.parametrize("value", [-1, 0, "10", "1", 1.5, 1.0, True, None, [], 2**63, 1e300])
def test_a_size_that_is_no_whole_number_above_zero_is_refused(
    member: Caller, allocation: Allocation, name: str, value: Any
) -> None:
    answer = send_job(member, allocation, **{name: value})
    assert answer.status_code == 400
    assert name in answer.json()["errors"]
    assert nothing_is_reserved(allocation)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e309"])
def test_a_number_that_json_does_not_know_is_refused(
    member: Caller, allocation: Allocation, value: str
) -> None:
    body = json.dumps(job_body(allocation, gpus=0)).replace('"gpus": 0', f'"gpus": {value}')
    headers = {"Authorization": f"Bearer {member.token}", "Idempotency-Key": make.key()}
    answer = Client().post(
        "/api/v1/jobs/", data=body, content_type="application/json", headers=headers
    )
    assert answer.status_code == 400
    assert nothing_is_reserved(allocation)


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({"gpus": 9}, "has 8 GPUs; ask for 1 to 8"),
        ({"gpus": 3, "nodes": 2}, "same number on each node"),
        ({"gpus": 1, "nodes": 2}, "same number on each node"),
        ({"minutes": 1441}, "1 to 1440 minutes"),
    ],
)
def test_what_the_pool_cannot_give_is_refused_saying_what_it_can(
    member: Caller, allocation: Allocation, sizes: dict[str, int], words: str
) -> None:
    answer = send_job(member, allocation, **sizes)
    assert answer.status_code == 400
    assert words in answer.json()["detail"]
    assert nothing_is_reserved(allocation)


def test_more_gpus_than_a_node_has_are_refused(member: Caller, allocation: Allocation) -> None:
    type(allocation.pool).objects.update(gpus_per_node=4)
    answer = send_job(member, allocation, gpus=8)
    assert "more nodes or fewer GPUs" in answer.json()["detail"]
    assert nothing_is_reserved(allocation)


def test_over_the_balance_it_says_what_would_fit(member: Caller, allocation: Allocation) -> None:
    answer = send_job(member, allocation, gpus=8, minutes=451)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/over-balance")
    assert "Time limit at most 7 h 30 min" in answer.json()["detail"]
    assert nothing_is_reserved(allocation)
    assert send_job(member, allocation, gpus=8, minutes=450).status_code == 201


def test_what_is_reserved_is_not_there_a_second_time(
    member: Caller, allocation: Allocation
) -> None:
    send_job(member, allocation, gpus=8, minutes=450)
    answer = send_job(member, allocation)
    assert answer.status_code == 409
    assert "0 are free. Request a supplement." in answer.json()["detail"]


@pytest.mark.parametrize("state", [AllocationState.EXPIRED, AllocationState.REVOKED])
def test_under_an_ended_allocation_nothing_is_submitted(
    member: Caller, allocation: Allocation, state: AllocationState
) -> None:
    Allocation.objects.update(state=state)
    answer = send_job(member, allocation)
    assert (answer.status_code, "ended on" in answer.json()["detail"]) == (409, True)
    assert nothing_is_reserved(allocation)


@pytest.mark.parametrize(("start", "end", "words"), [(-9, 0, "ended on"), (1, 9, "begins on")])
def test_outside_the_window_nothing_is_submitted(
    member: Caller, allocation: Allocation, start: int, end: int, words: str
) -> None:
    days = {"start": make.today() + timedelta(start), "end": make.today() + timedelta(end)}
    Allocation.objects.update(**days)
    answer = send_job(member, allocation)
    assert (answer.status_code, words in answer.json()["detail"]) == (409, True)
    assert nothing_is_reserved(allocation)


@pytest.mark.parametrize("connection", ["none", "observe"])
def test_to_a_cluster_that_takes_no_jobs_nothing_is_submitted(
    member: Caller, allocation: Allocation, connection: str
) -> None:
    Cluster.objects.update(connection=connection)
    answer = send_job(member, allocation)
    assert answer.status_code == 409
    assert "does not submit" in answer.json()["detail"]
    assert nothing_is_reserved(allocation)


def test_a_job_may_be_submitted_before_the_limit_is_in_force(
    member: Caller, allocation: Allocation
) -> None:
    waiting = make.make_allocation(allocation.project, allocation.pool, in_force=False)
    assert send_job(member, waiting).status_code == 201


def test_the_only_allocation_of_a_project_need_not_be_named(
    member: Caller, allocation: Allocation
) -> None:
    body = job_body(allocation) | {"project": str(allocation.project_id)}
    del body["allocation"]
    assert member.post("jobs/", body).json()["allocation"] == str(allocation.pk)


def test_of_two_allocations_one_must_be_named(member: Caller, allocation: Allocation) -> None:
    make.make_allocation(allocation.project, allocation.pool)
    body = job_body(allocation) | {"project": str(allocation.project_id)}
    del body["allocation"]
    answer = member.post("jobs/", body)
    assert answer.status_code == 400
    assert "2 current allocations" in answer.json()["detail"]


def test_the_version_of_others_answers_like_one_that_does_not_exist(
    member: Caller, allocation: Allocation
) -> None:
    hidden = make.make_model().versions.get()
    for key in (hidden.pk, make.key()):
        assert send_job(member, allocation, version=str(key)).status_code == 404
    assert nothing_is_reserved(allocation)


def test_a_guest_may_not_submit(guest: Caller, allocation: Allocation) -> None:
    assert send_job(guest, allocation).status_code == 403
    assert nothing_is_reserved(allocation)


def test_the_operator_sees_the_allocation_and_may_not_submit(
    operator: Caller, allocation: Allocation
) -> None:
    assert send_job(operator, allocation).status_code == 403


def test_a_stranger_finds_no_allocation_to_submit_under(
    stranger: Caller, allocation: Allocation
) -> None:
    assert send_job(stranger, allocation).status_code == 404
    assert nothing_is_reserved(allocation)

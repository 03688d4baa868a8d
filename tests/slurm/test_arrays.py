"""An array is one intent: handed over, released and cancelled as one, followed task by task."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

import pytest

from compute.slurm.client import SlurmClient
from compute.slurm.errors import RefusedByCluster
from compute.slurm.types import JobRecord, JobView
from tests.slurm.contract import ClusterUnderTest, run, script, wait_until


def states(client: SlurmClient, job_id: int) -> list[tuple[int | None, str, int]]:
    """Task, state and for how many tasks the row stands; rows of several tasks first."""
    rows = [
        (view.array_task_id, view.state, view.array_tasks_waiting) for view in client.tasks(job_id)
    ]
    return sorted(rows, key=lambda row: -1 if row[0] is None else row[0])


def wait_for_tasks(client: SlurmClient, job_id: int, *wanted: tuple[int | None, str, int]) -> None:
    """Until the array's rows are exactly these."""
    wait_until(lambda: True if states(client, job_id) == [*wanted] else None)


def wait_until_ended(client: SlurmClient, job_id: int, tasks: int) -> Sequence[JobView]:
    def ended() -> Sequence[JobView] | None:
        views = client.tasks(job_id)
        done = [view for view in views if view.end_time and view.array_task_id is not None]
        return views if len(done) == tasks else None

    return wait_until(ended)


def wait_for_records(client: SlurmClient, job_id: int, rows: int) -> Sequence[JobRecord]:
    def booked() -> Sequence[JobRecord] | None:
        found = client.records_of(job_id)
        return found if [bool(row.end_time) for row in found] == [True] * rows else None

    return wait_until(booked)


def test_a_held_array_is_one_row(cluster: ClusterUnderTest, alice: SlurmClient) -> None:
    job = cluster.job(array="0-3%2")
    submitted = alice.submit_held(job)
    [view] = [view for view in alice.jobs() if view.name == job.name]
    assert submitted.problems == ()
    assert (view.job_id, view.array_job_id) == (submitted.job_id, submitted.job_id)
    assert (view.is_held, view.array_task_id, view.array_tasks_waiting) == (True, None, 4)
    assert view.gpus == 2
    assert [alice.job(submitted.job_id)] == alice.tasks(submitted.job_id) == [view]


def test_a_released_array_starts_each_task_once(
    cluster: ClusterUnderTest, alice: SlurmClient
) -> None:
    job_id = run(alice, cluster.job(array="1,3,5"))
    views = wait_until_ended(alice, job_id, 3)
    assert {view.array_job_id for view in views} == {job_id}
    ended = [(view.array_task_id, view.state) for view in views]
    assert sorted(ended, key=str) == [(task, "COMPLETED") for task in (1, 3, 5)]
    records = wait_for_records(alice, job_id, 3)
    assert Counter(row.array_task_id for row in records) == {1: 1, 3: 1, 5: 1}


def test_each_task_has_an_id_and_the_last_keeps_the_arrays(
    cluster: ClusterUnderTest, alice: SlurmClient
) -> None:
    job_id = run(alice, cluster.job(array="0-2"))
    views = wait_until_ended(alice, job_id, 3)
    ids = {view.array_task_id: view.job_id for view in views}
    assert ids[2] == job_id
    assert len(set(ids.values())) == 3
    task = alice.job(ids[0])
    assert task is not None
    assert (task.array_job_id, task.array_task_id) == (job_id, 0)


def test_no_more_tasks_run_at_once_than_were_asked_for(
    cluster: ClusterUnderTest, alice: SlurmClient
) -> None:
    job_id = run(alice, cluster.job(array="0-3%2", script=script(seconds=60)))
    wait_for_tasks(alice, job_id, (None, "PENDING", 2), (0, "RUNNING", 1), (1, "RUNNING", 1))
    waiting = alice.job(job_id)
    alice.cancel(job_id)
    assert waiting is not None
    assert (waiting.reason, waiting.is_held) == ("JobArrayTaskLimit", False)


def test_a_cancelled_array_ends_with_all_its_tasks(
    cluster: ClusterUnderTest, alice: SlurmClient
) -> None:
    job_id = run(alice, cluster.job(array="0-3%1", script=script(seconds=60)))
    wait_for_tasks(alice, job_id, (None, "PENDING", 3), (0, "RUNNING", 1))
    alice.cancel(job_id)
    wait_for_tasks(alice, job_id, (None, "CANCELLED", 3), (0, "CANCELLED", 1))
    alice.cancel(job_id)
    alice.release(job_id)
    assert [state for _, state, _ in states(alice, job_id)] == ["CANCELLED"] * 2


def test_a_held_array_is_cancelled_as_one(cluster: ClusterUnderTest, alice: SlurmClient) -> None:
    job_id = alice.submit_held(cluster.job(array="0-3")).job_id
    alice.cancel(job_id)
    assert states(alice, job_id) == [(None, "CANCELLED", 4)]


def test_a_release_is_harmless_while_tasks_wait_run_and_have_ended(
    cluster: ClusterUnderTest, alice: SlurmClient
) -> None:
    job_id = run(alice, cluster.job(array="0-2%1", script=script(seconds=2)))
    alice.release(job_id)
    wait_for_tasks(alice, job_id, (None, "PENDING", 2), (0, "RUNNING", 1))
    alice.release(job_id)
    wait_until(lambda: True if (0, "COMPLETED", 1) in states(alice, job_id) else None)
    alice.release(job_id)
    views = wait_until_ended(alice, job_id, 3)
    alice.release(job_id)
    assert [view.restarts for view in views] == [0, 0, 0]
    assert len(wait_for_records(alice, job_id, 3)) == 3


def test_a_foreign_array_is_neither_released_nor_cancelled(
    cluster: ClusterUnderTest, alice: SlurmClient, bob: SlurmClient
) -> None:
    job_id = alice.submit_held(cluster.job(array="0-3")).job_id
    with pytest.raises(RefusedByCluster) as released:
        bob.release(job_id)
    with pytest.raises(RefusedByCluster) as cancelled:
        bob.cancel(job_id)
    assert (released.value.code, cancelled.value.code) == (2010, 2002)
    assert states(alice, job_id) == [(None, "PENDING", 4)]


@pytest.mark.parametrize("array", ["3-1", "0-1001", "all"])
def test_a_bad_array_is_refused_in_words(
    cluster: ClusterUnderTest, alice: SlurmClient, array: str
) -> None:
    job = cluster.job(array=array)
    with pytest.raises(RefusedByCluster, match="The array is invalid") as refused:
        alice.submit_held(job)
    assert refused.value.code == 2081
    assert job.name not in [view.name for view in alice.jobs()]


def test_each_task_is_recorded_with_its_use(cluster: ClusterUnderTest, alice: SlurmClient) -> None:
    job = cluster.job(array="0-1", script=script(seconds=2))
    job_id = run(alice, job)
    wait_until_ended(alice, job_id, 2)
    records = wait_for_records(alice, job_id, 2)
    assert {(row.name, row.array_job_id) for row in records} == {(job.name, job_id)}
    assert sorted(row.array_task_id for row in records if row.array_task_id is not None) == [0, 1]
    assert [row.gpus for row in records] == [2, 2]
    assert all(row.elapsed >= 2 for row in records)


def test_tasks_that_never_started_are_recorded_as_one_row_without_use(
    cluster: ClusterUnderTest, alice: SlurmClient
) -> None:
    job_id = run(alice, cluster.job(array="0-3%1", script=script(seconds=60)))
    wait_for_tasks(alice, job_id, (None, "PENDING", 3), (0, "RUNNING", 1))
    alice.cancel(job_id)
    records = {row.array_task_id: row for row in wait_for_records(alice, job_id, 2)}
    assert (records[None].array_tasks_waiting, records[None].gpus) == (3, 0)
    assert (records[0].array_tasks_waiting, records[0].gpus) == (1, 2)


def test_tasks_are_found_by_name_and_by_time(
    cluster: ClusterUnderTest, alice: SlurmClient
) -> None:
    job = cluster.job(array="0-1")
    since = int(time.time()) - 60
    job_id = run(alice, job)
    records = wait_for_records(alice, job_id, 2)

    def all_of(rows: Sequence[JobRecord]) -> bool | None:
        found = [row for row in rows if row.array_job_id == job_id and row.end_time]
        return True if {row.job_id for row in found} == {row.job_id for row in records} else None

    wait_until(lambda: all_of(alice.records_named(job.name, since=since)))
    wait_until(lambda: all_of(alice.history(start=since, end=int(time.time()) + 60)))

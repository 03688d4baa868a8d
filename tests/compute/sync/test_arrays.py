"""An array is one intent: one id, each task once, one state, and the use of all its tasks."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from compute.actions.jobs import cancel_job
from compute.models import Allocation, Job, UsageRecord
from dev.simulator.faults import Fault
from dev.simulator.jobs import Job as SlurmJob
from tests import make
from tests.compute.sync.site import Site, age, balance_of, state_of, submit


@pytest.fixture
def array(allocation: Allocation) -> Job:
    """Four tasks of one GPU for five minutes."""
    return submit(allocation, options={"array": "0-3"})


def tasks_of(site: Site, job: Job) -> list[SlurmJob]:
    rows = [row for row in site.all_of(job) if row.array_task_id is not None]
    return sorted(rows, key=lambda row: row.array_task_id or 0)


def test_it_reserves_what_all_its_tasks_may_use(array: Job, allocation: Allocation) -> None:
    assert (array.array_tasks, array.reserved_gpu_seconds) == (4, 4 * 300)
    assert balance_of(allocation)[1] == 4 * 300


def test_each_task_starts_once(site: Site, array: Job) -> None:
    for _ in range(3):
        site.sync()
    assert state_of(array) == "running"
    assert site.starts == Counter({f"{array.token}/{task}": 1 for task in range(4)})
    assert array.task_states == {"running": 4}


def test_an_array_whose_answer_was_lost_is_adopted_by_the_id_of_the_whole(
    site: Site, array: Job
) -> None:
    site.plan(Fault.DROP_AFTER, "job/submit")
    site.sync()
    age(3)
    site.sync()
    [master] = {row.array_job_id for row in site.all_of(array)}
    assert (state_of(array), array.slurm_job_id) == ("running", master)
    assert set(site.starts.values()) == {1}


def test_a_second_copy_of_an_array_is_cancelled_whole(site: Site, array: Job) -> None:
    site.sync()
    late = site.arrive(array, tasks=(0, 1, 2, 3))
    site.sync()
    assert (late.run.state, late.array_job_id != array.slurm_job_id) == ("CANCELLED", True)
    assert set(site.starts.values()) == {1}


def test_it_runs_while_any_task_does(site: Site, array: Job) -> None:
    site.sync()
    first, second, *_ = tasks_of(site, array)
    site.finish(first, 60)
    site.finish(second, 30, state="FAILED", code=3)
    site.sync()
    assert state_of(array) == "running"
    assert array.task_states == {"completed": 1, "failed": 1, "running": 2}


@pytest.mark.parametrize(
    ("ends", "state"),
    [
        (["COMPLETED"] * 4, "completed"),
        (["COMPLETED", "COMPLETED", "TIMEOUT", "COMPLETED"], "timeout"),
        (["CANCELLED", "COMPLETED", "COMPLETED", "COMPLETED"], "cancelled"),
        (["TIMEOUT", "FAILED", "CANCELLED", "COMPLETED"], "failed"),
    ],
)
def test_it_ends_with_its_last_task_in_the_worst_of_their_states(
    site: Site, array: Job, ends: list[str], state: str
) -> None:
    site.sync()
    for row, end in zip(tasks_of(site, array), ends, strict=True):
        site.finish(row, 60, state=end)
    site.sync()
    assert state_of(array) == state


def test_the_use_of_every_task_is_booked_and_the_rest_returned(
    site: Site, array: Job, allocation: Allocation
) -> None:
    site.sync()
    for n, row in enumerate(tasks_of(site, array), start=1):
        site.finish(row, 60 * n)
    site.sync(now=make.now() + timedelta(minutes=2))
    assert state_of(array) == "completed"
    assert array.used_gpu_seconds == 600
    assert balance_of(allocation) == (60 * 3600 - 600, 0, 600)
    assert UsageRecord.objects.filter(job=array).count() == 4


def test_nothing_is_booked_while_a_task_runs(
    site: Site, array: Job, allocation: Allocation
) -> None:
    site.sync()
    site.finish(tasks_of(site, array)[0], 60)
    site.sync(now=make.now() + timedelta(minutes=2))
    assert balance_of(allocation)[1:] == (4 * 300, 0)


def test_tasks_that_slurmctld_forgot_are_read_from_the_accounting(site: Site, array: Job) -> None:
    site.sync()
    for row in tasks_of(site, array):
        site.finish(row, 60)
    for row in tasks_of(site, array)[:2]:
        site.forget(row)
    site.sync()
    assert (state_of(array), array.task_states) == ("completed", {"completed": 4})


def test_while_some_are_forgotten_and_others_run_it_runs(site: Site, array: Job) -> None:
    site.sync()
    first = tasks_of(site, array)[0]
    site.finish(first, 60)
    site.forget(first)
    site.sync()
    assert state_of(array) == "running"


def test_a_limit_of_tasks_at_once_is_kept(site: Site, allocation: Allocation) -> None:
    job = submit(allocation, options={"array": "0-3%1"})
    site.sync()
    assert (state_of(job), job.task_states) == ("running", {"pending": 3, "running": 1})


def test_cancelling_ends_all_tasks(site: Site, array: Job, allocation: Allocation) -> None:
    site.sync()
    cancel_job(by=array.submitted_by, job=array, now=make.now())
    site.sync()
    site.sync()
    assert {row.run.state for row in site.all_of(array)} == {"CANCELLED"}
    assert state_of(array) == "cancelled"
    assert balance_of(allocation)[1] == 0


def test_what_the_cluster_took_for_one_job_is_refused(site: Site, array: Job) -> None:
    Job.objects.update(state="sending", attempts=1, sent_at=make.now())
    site.arrive(array)  # as a release would that ignores the key
    age(3)
    site.sync()
    assert state_of(array) == "refused"
    assert array.reason.startswith("NotAsAsked")


def test_a_restored_database_finds_it_again(site: Site, array: Job) -> None:
    site.sync()
    Job.objects.filter(pk=array.pk).update(state="new", slurm_job_id=None, attempts=0)
    type(site.cluster.health).objects.update(database="another")
    assert site.sync()["adopted"] == 1
    assert state_of(array) == "running"

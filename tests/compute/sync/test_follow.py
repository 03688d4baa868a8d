"""Following jobs: what the cluster says becomes the job's state, in words where it is a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from compute.models import Allocation, Job, Pool
from compute.models.words import reason_in_words
from dev.simulator.faults import Fault
from tests import make
from tests.compute.sync.site import Site, balance_of, state_of, submit


@pytest.fixture
def running(site: Site, job: Job) -> Job:
    site.sync()
    assert state_of(job) == "running"
    return job


def test_a_running_job_has_a_start_and_no_end(site: Site, running: Job) -> None:
    assert running.started_at
    assert (running.ended_at, running.exit_code) == (None, None)
    assert running.observed_at


def test_a_look_without_news_is_noted_for_the_cluster_and_not_in_each_row(
    site: Site, running: Job
) -> None:
    noted, later = running.observed_at, make.now() + timedelta(minutes=1)
    site.sync(now=later)
    job = Job.objects.select_related("cluster__health").get(pk=running.pk)
    assert (job.observed_at, job.as_of) == (noted, later)


def test_what_was_sent_after_the_last_look_was_not_seen_yet(site: Site, running: Job) -> None:
    site.sync()
    late = submit(running.allocation)
    Job.objects.filter(pk=late.pk).update(state="known", slurm_job_id=999, sent_at=make.now())
    assert Job.objects.select_related("cluster__health").get(pk=late.pk).as_of is None


def test_what_has_ended_is_as_of_the_pass_that_saw_its_end(site: Site, running: Job) -> None:
    site.finish(site.of(running), 60)
    seen = make.now()
    site.sync(now=seen)
    site.sync(now=seen + timedelta(minutes=1))
    assert Job.objects.select_related("cluster__health").get(pk=running.pk).as_of == seen


@pytest.mark.parametrize(
    ("state", "code", "ours"),
    [("COMPLETED", 0, "completed"), ("FAILED", 3, "failed"), ("TIMEOUT", 0, "timeout")],
)
def test_an_ended_job_has_its_end_and_exit_code(
    site: Site, running: Job, state: str, code: int, ours: str
) -> None:
    site.finish(site.of(running), 30, state, code)
    site.sync()
    assert (state_of(running), running.exit_code) == (ours, code)
    assert running.elapsed
    assert int(running.elapsed.total_seconds()) == 30


def test_what_the_site_cancels_is_cancelled(site: Site, running: Job) -> None:
    site.finish(site.of(running), 5, "CANCELLED")
    site.sync()
    assert state_of(running) == "cancelled"


def test_why_a_job_waits_is_told(site: Site, allocation: Allocation) -> None:
    jobs = [submit(allocation, gpus=8) for _ in range(2)]
    site.sync()
    waiting = next(job for job in jobs if state_of(job) == "pending")
    assert waiting.reason == "Resources"
    site.simulated.scheduler.pool = replace(site.simulated.scheduler.pool, gpus=16)
    site.simulated.scheduler.unsettle()
    site.sync()
    assert (state_of(waiting), waiting.reason) == ("running", "")


def test_what_no_node_can_ever_give_is_cancelled_with_the_reason_in_words(
    site: Site, allocation: Allocation
) -> None:
    Pool.objects.update(gpu_count=16, gpus_per_node=16)
    allocation.pool.refresh_from_db()
    greedy = submit(allocation, gpus=16)
    for _ in range(3):
        site.sync()
    assert (state_of(greedy), greedy.reason) == ("cancelled", "BadConstraints")
    assert "No node has that many GPUs" in reason_in_words(greedy.reason)
    assert balance_of(allocation) == (60 * 3600, 0, 0)


def test_what_slurmctld_forgot_is_decided_by_the_accounting(site: Site, running: Job) -> None:
    row = site.of(running)
    site.finish(row, 20)
    site.forget(row)
    site.sync()
    assert state_of(running) == "completed"
    assert running.ended_at


def test_what_neither_knows_keeps_its_state_and_is_never_sent_again(
    site: Site, running: Job
) -> None:
    del site.simulated.scheduler.jobs[running.slurm_job_id or 0]
    for _ in range(3):
        site.sync()
    assert state_of(running) == "running"
    assert not site.all_of(running)


def test_an_id_used_again_by_another_job_is_not_ours(site: Site, running: Job) -> None:
    row = site.of(running)
    site.finish(row, 5, "FAILED", 9)
    row.description = replace(row.description, name="another")
    site.sync()
    assert (state_of(running), running.exit_code) == ("running", None)


def test_a_job_that_is_cancelled_under_a_reused_id_does_not_end_the_other(
    site: Site, running: Job
) -> None:
    row = site.of(running)
    row.description = replace(row.description, name="another")
    Job.objects.update(cancel_requested_at=make.now())
    site.sync()
    assert row.run.state == "RUNNING"


def test_a_requeued_job_waits_again_under_the_same_id(site: Site, running: Job) -> None:
    site.simulator.requeue(running.slurm_job_id or 0)
    site.sync()
    assert (state_of(running), running.started_at) == ("pending", None)
    assert running.reason == "BeginTime"


def test_a_word_that_no_release_has_said_so_far_changes_nothing_and_stops_nothing(
    site: Site, running: Job, allocation: Allocation
) -> None:
    row = site.of(running)
    row.run = replace(row.run, state="LEVITATING")
    other = submit(allocation)
    site.sync()
    assert (state_of(running), state_of(other)) == ("running", "running")


@pytest.mark.parametrize("fault", [Fault.DROP_BEFORE, Fault.TRUNCATE_AFTER])
def test_a_list_that_does_not_come_changes_nothing(site: Site, running: Job, fault: Fault) -> None:
    site.finish(site.of(running), 5)
    site.plan(fault, "/jobs")
    site.sync()
    assert state_of(running) == "running"
    site.sync()
    assert state_of(running) == "completed"


def test_each_step_is_one_row_of_history(site: Site, running: Job) -> None:
    for _ in range(3):
        site.sync()
    site.finish(site.of(running), 5)
    for _ in range(3):
        site.sync()
    states = [move.to_state for move in running.moves.all()]
    assert states[-2:] == ["running", "completed"]
    assert len(states) == len(set(states))

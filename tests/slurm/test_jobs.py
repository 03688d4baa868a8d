"""A job is submitted held, released, followed and cancelled, on every cluster alike."""

from __future__ import annotations

import pytest

from compute.slurm.client import SlurmClient
from compute.slurm.errors import RefusedByCluster
from tests.slurm.contract import ClusterUnderTest, run, script, wait_for_state

UNKNOWN = 4_000_000


def test_a_submitted_job_is_held(cluster: ClusterUnderTest, alice: SlurmClient) -> None:
    job = cluster.job()
    submitted = alice.submit_held(job)
    view = alice.job(submitted.job_id)
    assert submitted.problems == ()
    assert view is not None
    assert view.is_held
    assert (view.state, view.reason) == ("PENDING", "JobHeldUser")
    assert (view.name, view.account, view.user) == (job.name, job.account, cluster.alice)
    assert (view.gpus, view.partition) == (2, "gpu")


def test_a_held_job_stands_in_the_list_at_once(
    cluster: ClusterUnderTest, alice: SlurmClient
) -> None:
    job = cluster.job()
    job_id = alice.submit_held(job).job_id
    assert [view.job_id for view in alice.jobs() if view.name == job.name] == [job_id]


def test_a_held_job_has_no_times_yet(cluster: ClusterUnderTest, alice: SlurmClient) -> None:
    view = alice.job(alice.submit_held(cluster.job()).job_id)
    assert view is not None
    assert view.submit_time > 1_700_000_000
    assert (view.start_time, view.end_time, view.exit_code) == (None, None, None)


def test_a_released_job_runs_to_its_end(cluster: ClusterUnderTest, alice: SlurmClient) -> None:
    view = wait_for_state(alice, run(alice, cluster.job()), "COMPLETED")
    assert (view.exit_code, view.signal, view.is_held) == (0, None, False)
    assert view.start_time
    assert view.end_time
    assert view.submit_time <= view.start_time <= view.end_time


def test_a_running_job_has_no_end_yet(cluster: ClusterUnderTest, alice: SlurmClient) -> None:
    job_id = run(alice, cluster.job(script=script(seconds=30)))
    view = wait_for_state(alice, job_id, "RUNNING")
    alice.cancel(job_id)
    assert view.start_time is not None
    assert (view.end_time, view.exit_code) == (None, None)


def test_an_exit_code_is_told(cluster: ClusterUnderTest, alice: SlurmClient) -> None:
    job = cluster.job(script=script(exit_code=7))
    view = wait_for_state(alice, run(alice, job), "FAILED")
    assert (view.exit_code, view.signal) == (7, None)


def test_a_release_repeated_thrice_makes_one_run(
    cluster: ClusterUnderTest, alice: SlurmClient
) -> None:
    job_id = run(alice, cluster.job())
    alice.release(job_id)
    wait_for_state(alice, job_id, "RUNNING", "COMPLETED")
    alice.release(job_id)
    view = wait_for_state(alice, job_id, "COMPLETED")
    alice.release(job_id)
    assert alice.job(job_id) == view
    assert view.restarts == 0


def test_a_foreign_job_cannot_be_released(
    cluster: ClusterUnderTest, alice: SlurmClient, bob: SlurmClient
) -> None:
    job_id = alice.submit_held(cluster.job()).job_id
    with pytest.raises(RefusedByCluster) as refused:
        bob.release(job_id)
    assert refused.value.code == 2010
    view = alice.job(job_id)
    assert view is not None
    assert view.is_held


def test_an_unknown_job_cannot_be_released(alice: SlurmClient) -> None:
    with pytest.raises(RefusedByCluster) as refused:
        alice.release(UNKNOWN)
    assert refused.value.code == 2017


def test_a_held_job_is_cancelled(cluster: ClusterUnderTest, alice: SlurmClient) -> None:
    job_id = alice.submit_held(cluster.job()).job_id
    alice.cancel(job_id)
    view = wait_for_state(alice, job_id, "CANCELLED")
    assert view.start_time is None


def test_a_running_job_is_cancelled(cluster: ClusterUnderTest, alice: SlurmClient) -> None:
    job_id = run(alice, cluster.job(script=script(seconds=60)))
    wait_for_state(alice, job_id, "RUNNING")
    alice.cancel(job_id)
    view = wait_for_state(alice, job_id, "CANCELLED")
    assert view.end_time is not None


def test_cancelling_what_is_over_or_unknown_is_success(
    cluster: ClusterUnderTest, alice: SlurmClient
) -> None:
    job_id = run(alice, cluster.job())
    view = wait_for_state(alice, job_id, "COMPLETED")
    alice.cancel(job_id)
    alice.cancel(UNKNOWN)
    assert alice.job(job_id) == view


def test_a_foreign_job_cannot_be_cancelled(
    cluster: ClusterUnderTest, alice: SlurmClient, bob: SlurmClient
) -> None:
    job_id = alice.submit_held(cluster.job()).job_id
    with pytest.raises(RefusedByCluster) as refused:
        bob.cancel(job_id)
    assert refused.value.code == 2002
    view = alice.job(job_id)
    assert view is not None
    assert view.is_held


def test_a_job_that_the_cluster_does_not_know_is_none(alice: SlurmClient) -> None:
    assert alice.job(UNKNOWN) is None


def test_a_requeued_job_keeps_its_id_and_counts_restarts(
    cluster: ClusterUnderTest, alice: SlurmClient
) -> None:
    job_id = run(alice, cluster.job(script=script(seconds=60), requeue=True))
    wait_for_state(alice, job_id, "RUNNING")
    cluster.requeue(job_id)
    view = wait_for_state(alice, job_id, "PENDING")
    alice.cancel(job_id)
    assert (view.restarts, view.start_time) == (1, None)

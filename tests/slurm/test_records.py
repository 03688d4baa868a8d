"""The accounting tells what a job used, by id, by name and by time."""

from __future__ import annotations

import time
from collections.abc import Sequence

from compute.slurm.client import SlurmClient
from compute.slurm.types import JobRecord
from tests.slurm.contract import (
    ClusterUnderTest,
    new_name,
    run,
    script,
    wait_for_record,
    wait_for_state,
    wait_until,
)


def among(rows: Sequence[JobRecord], job_id: int) -> JobRecord | None:
    return next((row for row in rows if row.job_id == job_id), None)


def test_a_finished_job_is_recorded_with_its_use(
    cluster: ClusterUnderTest, alice: SlurmClient
) -> None:
    job = cluster.job(script=script(seconds=2), gpus_per_node=4)
    job_id = run(alice, job)
    view = wait_for_state(alice, job_id, "COMPLETED")
    record = wait_for_record(alice, job_id)
    assert (record.cluster, record.name, record.account) == (cluster.name, job.name, job.account)
    assert (record.user, record.partition, record.state) == (cluster.alice, "gpu", "COMPLETED")
    assert (record.start_time, record.end_time) == (view.start_time, view.end_time)
    assert 2 <= record.elapsed <= 4
    assert record.gpu_seconds == record.elapsed * 4


def test_a_job_is_found_by_its_name(cluster: ClusterUnderTest, alice: SlurmClient) -> None:
    job = cluster.job()
    before = int(time.time()) - 5
    job_id = run(alice, job)
    wait_for_record(alice, job_id)
    # 22.05 finds a row by name or time up to five seconds later than by id.
    [row] = wait_until(lambda: alice.records_named(job.name, since=before) or None)
    assert (row.job_id, row.name) == (job_id, job.name)
    assert alice.records_named(job.name, since=before + 3600) == []


def test_a_held_job_is_found_by_its_name(cluster: ClusterUnderTest, alice: SlurmClient) -> None:
    job = cluster.job()
    job_id = alice.submit_held(job).job_id
    since = int(time.time()) - 60

    def found() -> list[JobRecord] | None:
        return list(alice.records_named(job.name, since=since)) or None

    [row] = wait_until(found)
    assert (row.job_id, row.state, row.end_time, row.gpu_seconds) == (job_id, "PENDING", None, 0)


def test_an_unknown_name_or_id_has_no_records(alice: SlurmClient) -> None:
    assert alice.records_named(new_name(), since=0) == []
    assert alice.records_of(4_000_000) == []


def test_the_history_has_what_was_alive_in_the_window(
    cluster: ClusterUnderTest, alice: SlurmClient
) -> None:
    job_id = run(alice, cluster.job())
    record = wait_for_record(alice, job_id)
    start, end = record.submit_time, record.end_time
    assert end is not None
    found = wait_until(lambda: among(alice.history(start=start, end=end + 1), job_id))
    assert found == record
    assert among(alice.history(start=end + 60, end=end + 120), job_id) is None


def test_the_history_of_ages_without_jobs_is_empty(alice: SlurmClient) -> None:
    assert alice.history(start=0, end=86_400) == []


def test_a_window_does_not_cut_a_jobs_times(cluster: ClusterUnderTest, alice: SlurmClient) -> None:
    job_id = run(alice, cluster.job(script=script(seconds=3)))
    whole = wait_for_record(alice, job_id)
    assert whole.start_time is not None
    start, end = whole.start_time + 1, whole.start_time + 2
    seen = wait_until(lambda: among(alice.history(start=start, end=end), job_id))
    assert seen == whole


def test_each_run_of_a_requeued_job_has_its_row(
    cluster: ClusterUnderTest, alice: SlurmClient
) -> None:
    job = cluster.job(script=script(seconds=60), requeue=True)
    job_id = run(alice, job)
    started = wait_for_state(alice, job_id, "RUNNING").start_time
    wait_until(lambda: True if time.time() >= (started or 0) + 2 else None)
    cluster.requeue(job_id)

    def both() -> list[JobRecord] | None:
        rows = sorted(alice.records_of(job_id), key=lambda row: row.submit_time)
        return rows if len(rows) == 2 else None

    first, second = wait_until(both)
    alice.cancel(job_id)
    assert (first.state, second.state) == ("REQUEUED", "PENDING")
    assert first.gpu_seconds >= 2
    assert (first.submit_time, first.restarts) != (second.submit_time, second.restarts)

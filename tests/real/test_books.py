"""The ledger equals slurmdbd to the second, whatever ran and whatever was away meanwhile."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from compute.actions.jobs import cancel_job
from compute.models import Allocation, Balance, Cluster, Job, LedgerEntry, UsageRecord
from compute.sync.accounting import accounts_of, take
from compute.sync.history import read_history
from tests import make
from tests.real.centre import Centre

HOURS = 3600


@pytest.fixture
def allocation(centre: Centre) -> Allocation:
    found = centre.award(100 * HOURS)
    centre.sync()
    return found


def balance(allocation: Allocation) -> tuple[int, int, int]:
    row = Balance.objects.get(allocation=allocation)
    return row.available, row.reserved, row.used


def is_running(job: Job) -> bool:
    return Job.objects.filter(pk=job.pk, state="running").exists()


def assert_books_equal_slurm(centre: Centre, *allocations: Allocation) -> None:
    for allocation in allocations:
        said = centre.used(allocation)
        assert centre.booked(allocation) == said
        assert balance(allocation) == (allocation.gpu_seconds - said, 0, said)


def test_every_job_is_booked_to_the_second_and_replays_change_nothing(
    centre: Centre, allocation: Allocation
) -> None:
    """Plain, failing, array, cancelled, requeued and foreign jobs, of two projects."""
    other = centre.award(100 * HOURS)
    centre.sync()
    jobs = [centre.submit(allocation, 2, gpus=2), centre.submit(other, 1)]
    jobs.append(centre.submit(allocation, script="#!/bin/sh\nsleep 1; exit 3\n"))
    jobs.append(centre.submit(allocation, 1, options={"array": "0-2"}))
    doomed = centre.submit(allocation, 60)
    again = centre.submit(allocation, 6, options={"requeue": True})
    foreign = centre.sbatch(allocation, 2, "--gres=gpu:1", "--time=2")
    centre.wait(lambda: is_running(doomed) and is_running(again))
    again.refresh_from_db()
    centre.real.run("scontrol", "requeue", str(again.slurm_job_id))
    cancel_job(by=doomed.submitted_by, job=doomed, now=make.now())
    centre.settle(within=240)
    assert_books_equal_slurm(centre, allocation, other)
    assert UsageRecord.objects.get(slurm_job_id=foreign).is_foreign
    assert UsageRecord.objects.filter(job=again).count() == 2
    states = {job.state for job in Job.objects.all()}
    assert states == {"completed", "failed", "cancelled"}
    _replay_shuffled(centre, allocation)


def _replay_shuffled(centre: Centre, allocation: Allocation) -> None:
    before = (balance(allocation), LedgerEntry.objects.count())
    from compute.sync.connections import connections  # noqa: PLC0415

    with connections(centre.cluster, make.now()) as clients:
        since = make.now() - timedelta(days=1)
        records = list(read_history(clients, since=since, now=make.now()))
    assert len(records) > 8
    for seed in (1, 2, 3):
        random.Random(seed).shuffle(records)
        take(accounts_of(centre.cluster), records, now=make.now())
    assert (balance(allocation), LedgerEntry.objects.count()) == before


def test_with_the_cluster_away_in_the_middle_all_is_caught_up_with(
    centre: Centre, allocation: Allocation
) -> None:
    running = centre.submit(allocation, 8)
    centre.wait(lambda: is_running(running))
    centre.real.stop_controller()
    waiting = centre.submit(allocation, 1)
    foreign_free = balance(allocation)
    done = centre.sync()
    assert done["up"] is False
    cluster = Cluster.objects.select_related("health").get(pk=centre.cluster.pk)
    assert cluster.health.unreachable_since is not None
    assert {job.state for job in Job.objects.all()} == {"running", "new"}
    assert balance(allocation) == foreign_free
    limit = centre.limit(allocation)
    assert (limit.state, bool(limit.unreachable_since)) == ("in_force", True)
    centre.real.start_controller()
    centre.settle()
    assert_books_equal_slurm(centre, allocation)
    assert {job.state for job in Job.objects.all()} == {"completed"}
    assert Job.objects.get(pk=waiting.pk).slurm_job_id is not None


def test_with_slurmdbd_away_in_the_middle_nothing_is_lost_or_booked_twice(
    centre: Centre, allocation: Allocation
) -> None:
    first = centre.submit(allocation, 4)
    centre.wait(lambda: is_running(first))
    centre.site.stop_accounting()
    second = centre.submit(allocation, 1)
    for _ in range(8):
        centre.sync()
    assert centre.booked(allocation) == 0
    assert balance(allocation)[1] == first.reserved_gpu_seconds + second.reserved_gpu_seconds
    centre.site.start_accounting()
    centre.settle()
    assert_books_equal_slurm(centre, allocation)
    assert {job.state for job in Job.objects.all()} == {"completed"}

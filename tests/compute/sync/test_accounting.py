"""Settling ended jobs: use out of the reservation, the rest returned, once."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from compute.models import Allocation, Job, LedgerEntry, UsageRecord
from compute.states import AllocationState
from compute.sync.accounting import settle
from dev.simulator.faults import Fault
from dev.simulator.jobs import Run
from tests import make
from tests.compute.sync.site import Site, balance_of, state_of, submit

ALL = 60 * 3600


@pytest.fixture
def running(site: Site, allocation: Allocation) -> Job:
    """Two GPUs for five minutes at most: 600 GPU-seconds are reserved."""
    job = submit(allocation, gpus=2)
    site.sync()
    assert state_of(job) == "running"
    return job


def test_use_is_elapsed_times_gpus_and_the_rest_returns(
    site: Site, running: Job, allocation: Allocation
) -> None:
    site.finish(site.of(running), 100)
    site.sync()
    assert balance_of(allocation) == (ALL - 200, 0, 200)
    running.refresh_from_db()
    assert (running.used_gpu_seconds, bool(running.settled_at)) == (200, True)


def test_settling_twice_is_settling_once(site: Site, running: Job, allocation: Allocation) -> None:
    site.finish(site.of(running), 100)
    site.sync()
    before = LedgerEntry.objects.count()
    assert settle(running, [], now=make.now()) is False
    site.sync()
    assert (LedgerEntry.objects.count(), balance_of(allocation)) == (before, (ALL - 200, 0, 200))


def test_use_above_the_reservation_comes_from_what_is_available(
    site: Site, running: Job, allocation: Allocation
) -> None:
    site.finish(site.of(running), 400)
    site.sync()
    assert balance_of(allocation) == (ALL - 800, 0, 800)


def test_use_above_everything_makes_the_balance_negative(
    site: Site, running: Job, allocation: Allocation
) -> None:
    site.finish(site.of(running), 110_000)
    site.sync()
    assert balance_of(allocation) == (ALL - 220_000, 0, 220_000)


def test_a_job_that_never_ran_returns_all(
    site: Site, running: Job, allocation: Allocation
) -> None:
    waiting = submit(allocation, gpus=8)
    site.sync()
    site.simulated.scheduler.cancel(
        allocation.unix_user, site.of(waiting).job_id, time.time(), by_coordinator=False
    )
    site.sync()
    assert balance_of(allocation) == (ALL - 600, 600, 0)
    waiting.refresh_from_db()
    assert waiting.used_gpu_seconds == 0


def test_the_runs_of_a_requeued_job_are_summed(
    site: Site, running: Job, allocation: Allocation
) -> None:
    row = site.of(running)
    site.simulator.requeue(row.job_id)
    began = time.time() - 1000
    row.earlier[0] = Run(began, began, began + 100, "REQUEUED")
    site.finish(row, 50)
    site.sync()
    running.refresh_from_db()
    assert running.used_gpu_seconds == 300
    assert balance_of(allocation) == (ALL - 300, 0, 300)
    assert UsageRecord.objects.filter(job=running).count() == 2


@pytest.mark.parametrize("fault", [Fault.DROP_BEFORE, Fault.TRUNCATE_AFTER])
def test_without_the_accounting_nothing_is_booked_and_later_it_is(
    site: Site, running: Job, allocation: Allocation, fault: Fault
) -> None:
    row = site.of(running)
    site.finish(row, 100)
    site.plan(fault, f"slurmdb/{site.simulator.settings.wire}/job/{row.job_id}")
    site.sync()
    assert balance_of(allocation) == (ALL - 600, 600, 0)
    site.sync()
    assert balance_of(allocation) == (ALL - 200, 0, 200)


def test_what_the_accounting_still_calls_running_is_not_booked(
    site: Site, running: Job, allocation: Allocation
) -> None:
    Job.objects.update(state="completed")
    site.sync()
    assert balance_of(allocation) == (ALL - 600, 600, 0)


def test_what_returns_after_the_end_of_the_allocation_lapses(
    site: Site, running: Job, allocation: Allocation
) -> None:
    Allocation.objects.update(start=make.today() - timedelta(9), end=make.today())
    site.sync()
    assert balance_of(allocation) == (0, 600, 0)
    site.finish(site.of(running), 100)
    site.sync()
    assert balance_of(allocation) == (0, 0, 200)


def test_what_returns_to_an_overdrawn_ended_allocation_does_not_lapse_twice(
    site: Site, running: Job, allocation: Allocation
) -> None:
    Allocation.objects.update(state=AllocationState.EXPIRED)
    allocation.balance.available = -50
    allocation.balance.save()
    site.finish(site.of(running), 100)
    site.sync()
    assert balance_of(allocation) == (0, 0, 200)


def test_the_balance_is_the_sum_of_the_rows(
    site: Site, running: Job, allocation: Allocation
) -> None:
    site.finish(site.of(running), 400)
    site.sync()
    sums = dict.fromkeys(("available", "reserved", "used", "issued"), 0)
    for entry in LedgerEntry.objects.filter(allocation=allocation):
        sums[entry.debit] -= entry.gpu_seconds
        sums[entry.credit] += entry.gpu_seconds
    assert (sums["available"], sums["reserved"], sums["used"]) == balance_of(allocation)

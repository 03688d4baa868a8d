"""Allocations in time: opened, ended, and what becomes of what is left."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from compute.models import Allocation, Job, LedgerEntry
from tests import make
from tests.compute.sync.site import Site, balance_of, state_of, submit

ALL = 60 * 3600


def at_end(allocation: Allocation) -> datetime:
    return datetime.combine(allocation.end, time(), UTC)


def test_it_is_active_once_the_window_is_open_and_the_limit_in_force(
    allocation: Allocation,
) -> None:
    allocation.refresh_from_db()
    assert allocation.state == "active"


def test_before_its_window_it_stays_awarded(site: Site, allocation: Allocation) -> None:
    Allocation.objects.update(state="awarded", start=make.today() + timedelta(1))
    site.sync()
    allocation.refresh_from_db()
    assert allocation.state == "awarded"


def test_it_ends_with_its_last_day_and_not_a_second_before(
    site: Site, allocation: Allocation
) -> None:
    site.simulator.faults.controller_is_down = True
    site.sync(now=at_end(allocation) - timedelta(seconds=1))
    allocation.refresh_from_db()
    assert allocation.state == "active"
    site.sync(now=at_end(allocation))
    allocation.refresh_from_db()
    assert allocation.state == "expired"


def test_what_is_left_lapses_once(site: Site, allocation: Allocation) -> None:
    Allocation.objects.update(start=make.today() - timedelta(9), end=make.today())
    for _ in range(3):
        site.sync()
    assert balance_of(allocation) == (0, 0, 0)
    [lapsed] = LedgerEntry.objects.filter(kind="expire")
    assert (lapsed.debit, lapsed.credit, lapsed.gpu_seconds) == ("available", "issued", ALL)


def test_what_is_overdrawn_stays_visible(site: Site, allocation: Allocation) -> None:
    allocation.balance.available = -5
    allocation.balance.save()
    Allocation.objects.update(start=make.today() - timedelta(9), end=make.today())
    site.sync()
    assert balance_of(allocation)[0] == -5
    assert not LedgerEntry.objects.filter(kind="expire").exists()


def test_jobs_that_wait_are_cancelled_with_the_reason_and_nothing_is_handed_over(
    site: Site, job: Job, allocation: Allocation
) -> None:
    Allocation.objects.update(start=make.today() - timedelta(9), end=make.today())
    site.sync()
    assert (state_of(job), job.reason) == ("cancelled", "AllocationEnded")
    assert not site.all_of(job)
    assert balance_of(allocation) == (0, 0, 0)


def test_jobs_that_wait_on_the_cluster_are_cancelled_and_running_ones_finish(
    site: Site, allocation: Allocation
) -> None:
    jobs = [submit(allocation, gpus=8) for _ in range(2)]
    site.sync()
    running = next(job for job in jobs if state_of(job) == "running")
    waiting = next(job for job in jobs if job != running)
    Allocation.objects.update(start=make.today() - timedelta(9), end=make.today())
    for _ in range(2):
        site.sync()
    assert (state_of(running), state_of(waiting)) == ("running", "cancelled")
    assert site.starts[waiting.token] == 0


def test_it_ends_while_the_cluster_is_silent(site: Site, allocation: Allocation) -> None:
    site.simulator.faults.controller_is_down = True
    Allocation.objects.update(start=make.today() - timedelta(9), end=make.today())
    site.sync()
    assert balance_of(allocation) == (0, 0, 0)

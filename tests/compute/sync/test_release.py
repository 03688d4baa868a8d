"""Letting held jobs start: only what was committed, only as it was asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from compute.actions.jobs import cancel_job
from compute.models import Allocation, Job, Pool
from compute.states import AllocationState
from dev.simulator.faults import Fault
from projects.models import User
from tests import make
from tests.compute.sync.site import Site, balance_of, state_of, submit


@pytest.fixture
def held(site: Site, job: Job) -> Job:
    """The worker died between the commit of the id and the release."""
    site.plan(Fault.ERROR_BEFORE, "/jobs")
    site.sync()
    assert state_of(job) == "known"
    assert site.of(job).is_held
    return job


def test_what_was_committed_before_a_crash_is_released_by_the_next_pass(
    site: Site, held: Job
) -> None:
    site.sync()
    assert (state_of(held), site.starts[held.token]) == ("running", 1)


@pytest.mark.parametrize("fault", [Fault.DROP_AFTER, Fault.ERROR_AFTER, Fault.TRUNCATE_AFTER])
def test_a_release_whose_answer_is_lost_is_one_start(site: Site, held: Job, fault: Fault) -> None:
    site.plan(fault, f"/job/{held.slurm_job_id}")
    site.sync()
    site.sync()
    assert (state_of(held), site.starts[held.token]) == ("running", 1)


@pytest.mark.parametrize("fault", [Fault.DROP_BEFORE, Fault.ERROR_BEFORE])
def test_a_release_that_never_arrived_is_repeated(site: Site, held: Job, fault: Fault) -> None:
    site.plan(fault, f"/job/{held.slurm_job_id}")
    site.sync()
    assert state_of(held) == "known"
    site.sync()
    assert (state_of(held), site.starts[held.token]) == ("running", 1)


def test_a_release_that_was_answered_and_did_nothing_is_repeated(site: Site, held: Job) -> None:
    Job.objects.update(state="released")
    site.sync()
    assert (state_of(held), site.starts[held.token]) == ("running", 1)


def test_the_hold_of_the_sites_staff_is_shown_and_stays(site: Site, held: Job) -> None:
    Job.objects.update(state="released")
    site.of(held).reason = "JobHeldAdmin"
    site.sync()
    assert (state_of(held), held.reason) == ("pending", "JobHeldAdmin")
    assert site.of(held).is_held


def test_what_its_owner_changed_meanwhile_is_cancelled_and_told(
    site: Site, held: Job, allocation: Allocation
) -> None:
    row = site.of(held)
    row.description = replace(row.description, gpus_per_node=8)
    site.sync()
    assert (state_of(held), row.run.state) == ("refused", "CANCELLED")
    assert "NotAsAsked" in held.reason
    site.sync()
    assert balance_of(allocation) == (60 * 3600, 0, 0)


def test_when_the_cancellation_of_such_a_job_is_lost_it_still_never_starts(
    site: Site, held: Job
) -> None:
    row = site.of(held)
    row.description = replace(row.description, gpus_per_node=8)
    site.plan(Fault.DROP_BEFORE, f"/job/{held.slurm_job_id}")
    site.sync()
    assert state_of(held) == "known"
    site.sync()
    assert (state_of(held), site.starts[held.token]) == ("refused", 0)


def test_a_job_that_came_with_complaints_is_cancelled_even_if_that_takes_two_passes(
    site: Site, held: Job
) -> None:
    Job.objects.update(reason="Ignoring unknown field gpus")  # its first cancellation was lost
    site.sync()
    assert (state_of(held), held.reason) == ("refused", "Ignoring unknown field gpus")
    assert site.starts[held.token] == 0


def test_an_id_that_is_another_jobs_by_now_is_left_alone(site: Site, held: Job) -> None:
    row = site.of(held)
    row.description = replace(row.description, name="somebody else's")
    cancel_job(by=held.submitted_by, job=held, now=make.now())
    site.sync()
    assert (row.run.state, row.is_held) == ("PENDING", True)
    assert state_of(held) == "known"


def test_what_is_cancelled_before_its_release_never_starts(site: Site, held: Job) -> None:
    cancel_job(by=held.submitted_by, job=held, now=make.now())
    site.sync()
    assert (state_of(held), site.starts[held.token]) == ("cancelled", 0)


def test_what_its_submitter_leaves_behind_before_its_release_never_starts(
    site: Site, held: Job
) -> None:
    User.objects.filter(pk=held.submitted_by_id).update(is_active=False)
    for _ in range(3):
        site.sync()
    assert state_of(held) == "cancelled"
    assert site.starts[held.token] == 0


def test_what_outlives_its_allocation_before_its_release_never_starts(
    site: Site, held: Job
) -> None:
    Allocation.objects.update(state=AllocationState.REVOKED)
    site.sync()
    assert (state_of(held), site.starts[held.token]) == ("cancelled", 0)


def test_a_longer_time_limit_than_the_partition_has_never_starts(
    site: Site, allocation: Allocation
) -> None:
    Pool.objects.update(max_minutes=5000)
    allocation.pool.refresh_from_db()
    long = submit(allocation, minutes=3000)
    for _ in range(3):
        site.sync()
    assert state_of(long) in {"refused", "cancelled"}
    assert long.reason
    assert balance_of(allocation) == (60 * 3600, 0, 0)

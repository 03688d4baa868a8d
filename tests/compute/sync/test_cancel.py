"""Cancelling in every state: what has not started never does, and what ran is booked."""

from __future__ import annotations

import pytest

from compute.actions.jobs import cancel_job
from compute.models import Allocation, Credential, Job
from dev.simulator.faults import Fault
from tests import make
from tests.compute.sync.site import Site, age, balance_of, state_of, submit


def cancel(job: Job) -> None:
    cancel_job(by=job.submitted_by, job=job, now=make.now())


def test_what_was_not_handed_over_ends_without_the_cluster(
    site: Site, job: Job, allocation: Allocation
) -> None:
    site.simulator.faults.controller_is_down = True
    cancel(job)
    site.sync()
    assert (state_of(job), bool(job.ended_at)) == ("cancelled", True)
    assert balance_of(allocation) == (60 * 3600, 0, 0)


def test_what_is_blocked_ends_too(site: Site, job: Job) -> None:
    Credential.objects.filter(kind="run").update(expires_at=make.now())
    site.sync()
    assert state_of(job) == "blocked"
    cancel(job)
    site.sync()
    assert state_of(job) == "cancelled"


@pytest.mark.parametrize("fault", [Fault.DROP_AFTER, Fault.DROP_BEFORE])
def test_what_is_under_way_never_starts(site: Site, job: Job, fault: Fault) -> None:
    site.plan(fault, "job/submit")
    site.sync()
    cancel(job)
    for _ in range(3):
        age(60)
        site.sync()
    assert (state_of(job), site.starts[job.token]) == ("cancelled", 0)


def test_what_waits_on_the_cluster_is_ended_there(site: Site, allocation: Allocation) -> None:
    jobs = [submit(allocation, gpus=8) for _ in range(2)]
    site.sync()
    waiting = next(job for job in jobs if state_of(job) == "pending")
    cancel(waiting)
    site.sync()
    site.sync()
    assert (state_of(waiting), site.starts[waiting.token]) == ("cancelled", 0)


def test_what_runs_is_ended_and_its_use_booked(
    site: Site, job: Job, allocation: Allocation
) -> None:
    site.sync()
    cancel(job)
    site.sync()
    site.sync()
    assert (state_of(job), site.of(job).run.state) == ("cancelled", "CANCELLED")
    available, reserved, used = balance_of(allocation)
    assert (available + used, reserved) == (60 * 3600, 0)


@pytest.mark.parametrize("fault", [Fault.DROP_BEFORE, Fault.DROP_AFTER, Fault.ERROR_BEFORE])
def test_a_cancellation_whose_answer_is_lost_is_repeated(
    site: Site, job: Job, fault: Fault
) -> None:
    site.sync()
    cancel(job)
    site.plan(fault, f"/job/{site.of(job).job_id}")
    for _ in range(3):
        site.sync()
    assert state_of(job) == "cancelled"


def test_what_ended_by_itself_before_the_wish_arrived_keeps_its_end(site: Site, job: Job) -> None:
    site.sync()
    cancel(job)
    site.finish(site.of(job), 5)
    site.sync()
    assert state_of(job) == "completed"

"""Handing jobs over: held, committed, released, once."""

from __future__ import annotations

import pytest

from compute.models import Allocation, Credential, Job, JobMove, Limit, Pool
from compute.states import LimitState
from compute.sync.connections import connections
from compute.sync.dispatch import dispatch
from dev.simulator.faults import Fault
from tests import make
from tests.compute.sync.site import CONTROL, Site, age, balance_of, state_of, submit


def test_a_job_is_handed_over_held_then_committed_then_released(site: Site, job: Job) -> None:
    site.sync()
    moves = [move.to_state for move in job.moves.all()]
    assert moves == ["new", "sending", "known", "released", "running"]
    assert site.of(job).description.is_held


def test_the_cluster_gets_what_was_asked_for(site: Site, allocation: Allocation) -> None:
    job = submit(allocation, gpus=2, minutes=7, name="for people only")
    site.sync()
    told, asked = site.of(job).description, allocation
    assert (told.name, told.account, told.minutes) == (job.token, asked.slurm_account, 7)
    assert (told.gpus, told.script, told.may_requeue) == (2, job.script, False)
    assert site.of(job).user == asked.unix_user


def test_many_passes_start_it_once(site: Site, job: Job) -> None:
    for _ in range(4):
        site.sync()
        age(60)
    assert site.starts[job.token] == 1
    assert len(site.all_of(job)) == 1


def test_what_the_cluster_refuses_is_final_with_the_reason_and_returned(
    site: Site, job: Job, allocation: Allocation
) -> None:
    Pool.objects.update(partition="gone")
    site.sync()
    assert state_of(job) == "refused"
    assert "This partition does not exist." in job.reason
    site.sync()
    assert balance_of(allocation) == (60 * 3600, 0, 0)


def test_a_job_waits_for_the_limit_and_then_goes(site: Site, allocation: Allocation) -> None:
    Limit.objects.update(state=LimitState.PENDING)
    site.plan(Fault.ERROR_BEFORE, "associations")
    job = submit(allocation)
    site.sync()
    assert (state_of(job), job.waiting_for) == ("new", "limit")
    assert not site.all_of(job)
    site.sync()
    assert site.starts[job.token] == 1
    assert (state_of(job), job.waiting_for) == ("running", "")


def test_without_a_token_it_is_blocked_and_resumes_with_one(site: Site, job: Job) -> None:
    Credential.objects.filter(kind="run").delete()
    Limit.objects.update(verified_at=make.now())
    site.sync()
    assert (state_of(job), job.waiting_for) == ("blocked", "credential")
    site.deliver(job.allocation.unix_user)
    site.sync()
    assert state_of(job) == "running"


def test_an_expired_token_counts_as_none(site: Site, job: Job) -> None:
    Credential.objects.filter(kind="run").update(expires_at=make.now())
    site.sync()
    assert (state_of(job), job.waiting_for) == ("blocked", "credential")
    assert not site.all_of(job)


def test_when_the_only_token_has_expired_the_job_waits_for_a_credential(
    site: Site, job: Job
) -> None:
    Credential.objects.update(expires_at=make.now())
    site.sync()
    assert (state_of(job), job.waiting_for) == ("blocked", "credential")
    site.deliver(CONTROL, job.allocation.unix_user)
    site.sync()
    assert state_of(job) == "running"


def test_a_token_that_the_cluster_rejects_blocks_and_is_not_hammered(site: Site, job: Job) -> None:
    user = job.allocation.unix_user
    make.deliver(site.cluster, user, make.make_jwt(user))
    for _ in range(4):
        site.sync()
    assert (state_of(job), job.waiting_for, job.attempts) == ("blocked", "credential", 0)
    assert job.moves.count() == 3


def test_after_a_rejected_token_a_fresh_one_is_taken_at_once(site: Site, job: Job) -> None:
    user = job.allocation.unix_user
    make.deliver(site.cluster, user, make.make_jwt(user))
    site.sync()
    site.deliver(user)
    site.sync()
    assert state_of(job) == "running"


@pytest.mark.parametrize("sealed", ["k9:gone", "k1:broken", "nonsense"])
def test_a_token_that_cannot_be_opened_stops_nobody_else(
    site: Site, job: Job, sealed: str
) -> None:
    other = make.make_allocation(pool=job.allocation.pool, in_force=False)
    site.deliver(other.unix_user)
    Credential.objects.filter(unix_user=job.allocation.unix_user).update(sealed_token=sealed)
    second = submit(other)
    site.sync()
    assert (state_of(job), state_of(second)) == ("blocked", "running")


def test_a_rejected_control_token_does_not_make_the_cluster_look_down(
    site: Site, job: Job
) -> None:
    make.deliver(site.cluster, CONTROL, make.make_jwt(CONTROL), kind="control")
    assert site.sync()["up"] is True
    assert state_of(job) == "running"


def test_while_the_cluster_is_down_jobs_wait_and_then_go_in_order(
    site: Site, allocation: Allocation
) -> None:
    jobs = [submit(allocation) for _ in range(5)]
    site.simulator.faults.controller_is_down = True
    site.sync()
    assert {(state_of(job), job.waiting_for) for job in jobs} == {("new", "cluster")}
    site.simulator.faults.controller_is_down = False
    site.sync()
    sent = JobMove.objects.filter(to_state="sending").order_by("pk")
    assert [move.job_id for move in sent] == [job.pk for job in jobs]
    assert all(site.starts[job.token] == 1 for job in jobs)


def test_a_refused_connection_costs_no_attempt(site: Site, job: Job) -> None:
    with connections(site.cluster, make.now()) as clients:
        site.cluster.health.refresh_from_db()
        site.simulator.stop()
        dispatch(site.cluster, clients, now=make.now())
    site.simulator.start()
    assert (state_of(job), job.waiting_for, job.attempts) == ("new", "cluster", 0)
    age(0)
    site.sync()
    assert state_of(job) == "running"


def test_a_cluster_that_only_observes_gets_no_job(site: Site, job: Job) -> None:
    type(site.cluster).objects.update(connection="observe")
    site.sync()
    assert state_of(job) == "new"
    assert not site.all_of(job)

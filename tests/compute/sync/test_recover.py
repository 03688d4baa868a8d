"""Lost answers: adopted when the job is there, sent again only when it surely is not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import Settings

from compute.actions.jobs import cancel_job, send_again
from compute.models import Allocation, Job, Orphan
from dev.simulator.accounting import Association
from dev.simulator.faults import Fault
from tests import make
from tests.compute.sync.site import CONTROL, Site, age, balance_of, state_of

AFTER = [Fault.DROP_AFTER, Fault.ERROR_AFTER, Fault.TRUNCATE_AFTER]
BEFORE = [Fault.DROP_BEFORE, Fault.ERROR_BEFORE]


def lose_answer(site: Site, fault: Fault = Fault.DROP_BEFORE) -> None:
    site.plan(fault, "job/submit")
    site.sync()


@pytest.mark.parametrize("fault", AFTER)
def test_a_job_whose_answer_was_lost_is_adopted(site: Site, job: Job, fault: Fault) -> None:
    lose_answer(site, fault)
    assert state_of(job) == "sending"
    age(3)
    assert site.sync()["recovered"] == 1
    assert (state_of(job), job.attempts) == ("running", 1)
    assert len(site.all_of(job)) == 1


@pytest.mark.parametrize("fault", BEFORE)
def test_what_never_arrived_is_sent_again_not_before_its_time(
    site: Site, job: Job, settings: Settings, fault: Fault
) -> None:
    lose_answer(site, fault)
    age(settings.RESEND_AFTER_SECONDS - 5)
    site.sync()
    assert (state_of(job), job.attempts) == ("sending", 1)
    age(6)
    site.sync()
    assert (state_of(job), job.attempts) == ("running", 2)
    assert len(site.all_of(job)) == 1


def test_nothing_is_sent_again_while_the_cluster_does_not_answer(site: Site, job: Job) -> None:
    lose_answer(site)
    age(3600)
    site.simulator.faults.controller_is_down = True
    site.sync()
    assert (state_of(job), job.attempts) == ("sending", 1)


@pytest.mark.parametrize("fault", [*BEFORE, Fault.TRUNCATE_AFTER])
def test_a_look_up_that_fails_decides_nothing(site: Site, job: Job, fault: Fault) -> None:
    lose_answer(site, Fault.DROP_AFTER)
    age(3600)
    site.plan(fault, "/jobs")
    assert "cut_short" in site.sync()
    assert (state_of(job), job.attempts) == ("sending", 1)


def test_a_silent_accounting_decides_nothing(site: Site, job: Job) -> None:
    lose_answer(site)
    age(3600)
    site.simulator.faults.database_is_down = True
    site.sync()
    assert (state_of(job), job.attempts) == ("sending", 1)


def test_after_five_attempts_the_operator_decides(site: Site, job: Job) -> None:
    for _ in range(7):
        lose_answer(site)
        age(60)
    assert (state_of(job), job.attempts, job.reason) == ("unknown", 5, "AttemptsUnanswered")
    assert not site.all_of(job)


def give_up(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(state="unknown", attempts=5, sent_at=make.now())
    age(60)
    job.refresh_from_db()


def test_the_operator_lets_it_be_sent_again(site: Site, job: Job) -> None:
    give_up(job)
    send_again(by=make.make_operator(site.cluster), job=job, now=make.now())
    site.sync()
    assert (state_of(job), job.attempts) == ("running", 6)


def test_what_is_sent_again_and_stays_unanswered_comes_back_to_the_operator(
    site: Site, job: Job
) -> None:
    give_up(job)
    send_again(by=make.make_operator(site.cluster), job=job, now=make.now())
    for _ in range(7):
        lose_answer(site)
        age(60)
    assert (state_of(job), job.attempts, job.is_undecided) == ("unknown", 10, True)


def test_a_copy_that_was_only_late_and_one_sent_again_run_once(site: Site, job: Job) -> None:
    give_up(job)
    send_again(by=make.make_operator(site.cluster), job=job, now=make.now())
    site.sync()
    site.arrive(job)
    site.sync()
    assert sorted(row.run.state for row in site.all_of(job)) == ["CANCELLED", "RUNNING"]


def test_what_was_given_up_and_turns_up_late_is_adopted(site: Site, job: Job) -> None:
    Job.objects.update(state="unknown", attempts=5, sent_at=make.now())
    site.arrive(job)
    age(60)
    site.sync()
    assert (state_of(job), site.starts[job.token]) == ("running", 1)


def test_of_two_copies_one_runs_and_the_other_is_cancelled(site: Site, job: Job) -> None:
    lose_answer(site)
    age(60)
    site.plan(Fault.DROP_AFTER, "job/submit")
    site.sync()
    site.arrive(job)  # the first submission, delivered at last
    age(3)
    site.sync()
    copies = sorted(row.run.state for row in site.all_of(job))
    assert (copies, site.starts[job.token]) == (["CANCELLED", "RUNNING"], 1)


def test_a_copy_that_arrives_after_the_job_ran_never_starts(site: Site, job: Job) -> None:
    site.sync()
    site.finish(site.of(job), 10)
    site.sync()
    copy = site.arrive(job)
    site.sync()
    assert (copy.run.state, site.starts[job.token]) == ("CANCELLED", 1)
    assert state_of(job) == "completed"


def test_a_copy_of_a_cancelled_intent_never_starts(site: Site, job: Job) -> None:
    lose_answer(site)
    cancel_job(by=job.submitted_by, job=job, now=make.now())
    age(60)
    site.sync()
    site.sync()
    assert state_of(job) == "cancelled"
    copy = site.arrive(job)
    site.sync()
    assert (copy.run.state, site.starts[job.token]) == ("CANCELLED", 0)


def test_what_was_given_up_and_cancelled_ends_and_is_returned(
    site: Site, job: Job, allocation: Allocation
) -> None:
    Job.objects.update(state="unknown", attempts=5, sent_at=make.now())
    cancel_job(by=job.submitted_by, job=job, now=make.now())
    age(60)
    site.sync()
    site.sync()
    assert state_of(job) == "cancelled"
    assert balance_of(allocation) == (60 * 3600, 0, 0)


def test_a_held_job_of_an_intent_that_we_do_not_know_is_listed_for_a_day_first(
    site: Site, job: Job
) -> None:
    site.deliver(CONTROL, job.allocation.unix_user, seconds=200_000)
    site.sync()
    copy = site.arrive(job, name=f"cesai-{make.key()}")
    site.sync()
    [orphan] = Orphan.objects.all()
    assert (orphan.slurm_job_id, orphan.is_held) == (copy.job_id, True)
    site.sync(now=orphan.first_seen_at + timedelta(hours=23, minutes=59))
    assert copy.run.state == "PENDING"
    site.sync(now=orphan.first_seen_at + timedelta(hours=24, minutes=1))
    assert copy.run.state == "CANCELLED"


def test_an_orphan_that_is_gone_is_held_no_longer(site: Site, job: Job) -> None:
    site.sync()
    copy = site.arrive(job, name=f"cesai-{make.key()}")
    site.sync()
    assert Orphan.objects.get().is_held
    copy.is_held = False
    site.sync()
    assert not Orphan.objects.get().is_held


def test_an_array_without_intent_is_cancelled_whole_after_a_day(site: Site, job: Job) -> None:
    site.deliver(CONTROL, job.allocation.unix_user, seconds=200_000)
    site.sync()
    copy = site.arrive(job, name=f"cesai-{make.key()}", tasks=(0, 1, 2))
    site.sync()
    site.sync(now=make.now() + timedelta(hours=25))
    assert (copy.run.state, Orphan.objects.count()) == ("CANCELLED", 1)


def test_a_held_job_of_that_kind_in_a_foreign_account_is_never_touched(
    site: Site, job: Job
) -> None:
    site.sync()
    user = job.allocation.unix_user
    site.deliver(CONTROL, user, seconds=200_000)
    site.simulated.accounting.set(Association("another", parent="cesai"))
    site.simulated.accounting.set(Association("another", user=user))
    copy = site.arrive(job, name=f"cesai-{make.key()}", account="another")
    site.sync()
    site.sync(now=make.now() + timedelta(hours=25))
    assert copy.run.state == "PENDING"


def test_a_name_that_is_no_token_of_ours_is_no_orphan(site: Site, job: Job) -> None:
    site.sync()
    site.arrive(job, name="cesai-by-hand")
    site.sync()
    assert not Orphan.objects.exists()


def test_a_job_of_the_same_name_under_another_account_is_not_ours(site: Site, job: Job) -> None:
    other = make.make_allocation(pool=job.allocation.pool, in_force=False)
    site.deliver(other.unix_user)
    site.sync()
    Job.objects.update(state="new", slurm_job_id=None)
    lose_answer(site)
    foreign = site.arrive(job, account=other.slurm_account, user=other.unix_user)
    age(3)
    site.sync()
    job.refresh_from_db()
    assert job.slurm_job_id != foreign.job_id
    assert foreign.run.state == "PENDING"


def test_what_ended_before_it_was_found_is_adopted_from_the_accounting(
    site: Site, job: Job
) -> None:
    lose_answer(site, Fault.DROP_AFTER)
    [copy] = site.all_of(job)
    site.finish(copy, 10, "CANCELLED")
    site.forget(copy)
    age(60)
    site.sync()
    assert (state_of(job), job.slurm_job_id) == ("cancelled", copy.job_id)
    assert len(site.all_of(job)) == 1

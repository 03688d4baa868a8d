"""A restored database hands nothing over before it knows what ran and an operator agreed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from compute.actions.clusters import enable_dispatch
from compute.actions.jobs import cancel_job
from compute.models import Allocation, Cluster, ClusterHealth, Job, LedgerEntry, Orphan
from compute.states import JobState
from dev.simulator.accounting import Association
from projects.models import Notice
from tests import make
from tests.compute.sync.site import Site, age, balance_of, state_of, submit

FORGOTTEN = {
    "state": "new",
    "slurm_job_id": None,
    "attempts": 0,
    "sent_at": None,
    "started_at": None,
    "observed_at": None,
}


def restore(site: Site) -> None:
    """The next pass finds itself in another database than the last one."""
    ClusterHealth.objects.filter(cluster=site.cluster).update(database="another")


def forget(job: Job, **values: object) -> None:
    """The backup was made before the job was handed over."""
    Job.objects.filter(pk=job.pk).update(**{**FORGOTTEN, **values})


def lift(site: Site) -> None:
    """The operator looked and agreed; the pass after that follows."""
    health = ClusterHealth.objects.get(cluster=site.cluster)
    assert health.stop
    by = make.make_operator(site.cluster)
    enable_dispatch(by=by, cluster=site.cluster, stop=health.stop, now=make.now())
    site.sync()


def later() -> datetime:
    """When the cluster is asked again, and its history read."""
    return make.now() + timedelta(minutes=2)


def test_a_pass_in_the_same_database_stops_nothing(site: Site, job: Job) -> None:
    site.sync()
    site.sync()
    assert state_of(job) == "running"
    assert Cluster.objects.get(pk=site.cluster.pk).health.stop is None


def test_after_a_restore_nothing_is_handed_over(site: Site, job: Job) -> None:
    restore(site)
    site.sync()
    assert state_of(job) == "new"
    assert job.waiting_for == "operator"
    assert not site.all_of(job)


@pytest.mark.parametrize("state", ["new", "sending", "blocked", "unknown"])
def test_what_ran_since_the_backup_is_known_again_and_runs_once(
    site: Site, job: Job, state: str
) -> None:
    site.sync()
    forget(job, state=state)
    restore(site)
    assert site.sync()["adopted"] == 1
    assert state_of(job) == "running"
    age(3600)
    lift(site)
    assert len(site.all_of(job)) == 1


def test_what_slurmctld_has_forgotten_is_found_in_the_accounting(site: Site, job: Job) -> None:
    site.sync()
    site.finish(site.of(job), 60)
    site.forget(site.of(job))
    forget(job)
    restore(site)
    site.sync()
    assert state_of(job) == "completed"
    assert job.used_gpu_seconds == 60


def test_the_copy_that_ran_is_taken_before_one_that_lies_held(site: Site, job: Job) -> None:
    site.sync()
    ran = site.of(job)
    forget(job, state="sending", attempts=1)
    site.finish(ran, 60)
    held = site.arrive(job)
    restore(site)
    site.sync()
    lift(site)
    assert (state_of(job), job.slurm_job_id) == ("completed", ran.job_id)
    site.sync()
    assert held.run.state == "CANCELLED"


def test_a_held_one_waits_for_the_operator_and_starts_then(site: Site, job: Job) -> None:
    held = site.arrive(job)
    restore(site)
    site.sync()
    assert (state_of(job), job.slurm_job_id) == ("known", held.job_id)
    lift(site)
    assert state_of(job) == "running"


def test_what_left_no_trace_is_handed_over_once_the_operator_agreed(site: Site, job: Job) -> None:
    restore(site)
    site.sync()
    lift(site)
    assert (state_of(job), job.attempts) == ("running", 1)


def test_a_job_of_that_name_in_another_account_is_not_taken(site: Site, job: Job) -> None:
    user = job.allocation.unix_user
    site.simulated.accounting.set(Association("another", parent="cesai"))
    site.simulated.accounting.set(Association("another", user=user))
    site.arrive(job, account="another")
    restore(site)
    assert site.sync()["adopted"] == 0


def test_what_no_intent_knows_is_listed_and_left_running(site: Site, job: Job) -> None:
    site.sync()
    row = site.of(job)
    strange = "cesai-00000000-0000-4000-8000-000000000000"
    row.description = replace(row.description, name=strange)
    restore(site)
    site.sync()
    [orphan] = Orphan.objects.all()
    assert (orphan.slurm_job_id, orphan.name, orphan.state) == (row.job_id, strange, "RUNNING")
    assert row.run.state == "RUNNING"


def test_a_cluster_that_is_silent_stays_stopped_until_it_answered(site: Site, job: Job) -> None:
    restore(site)
    site.simulator.faults.controller_is_down = True
    site.sync()
    health = ClusterHealth.objects.get(cluster=site.cluster)
    assert (health.reconciled_at, health.stop is None) == (None, False)
    assert (state_of(job), job.waiting_for) == ("new", "operator")


def test_without_the_accounting_nothing_is_decided(site: Site, job: Job) -> None:
    site.sync()
    forget(job)
    restore(site)
    site.simulator.faults.database_is_down = True
    assert "cut_short" in site.sync()
    assert ClusterHealth.objects.get(cluster=site.cluster).reconciled_at is None


def test_what_the_accounting_told_late_is_found_before_dispatch_goes_on(
    site: Site, job: Job
) -> None:
    restore(site)
    site.sync()
    site.arrive(job)
    lift(site)
    assert state_of(job) == "running"
    assert len(site.all_of(job)) == 1


def test_while_it_is_stopped_the_cluster_is_asked_once_a_minute(site: Site, job: Job) -> None:
    restore(site)
    assert "adopted" in site.sync()
    assert "adopted" not in site.sync()
    assert "adopted" in site.sync(now=later())


def test_a_cancelled_job_is_not_given_up_before_the_cluster_was_asked(
    site: Site, job: Job
) -> None:
    site.sync()
    forget(job)
    cancel_job(by=job.submitted_by, job=job, now=make.now())
    restore(site)
    site.sync()
    assert (state_of(job), job.slurm_job_id) == ("running", site.of(job).job_id)
    site.sync()
    assert state_of(job) == "cancelled"


def test_use_that_was_booked_as_foreign_is_not_booked_again(
    site: Site, job: Job, allocation: Allocation
) -> None:
    site.sync()
    site.finish(site.of(job), 60)
    site.forget(site.of(job))
    forget(job)
    site.cluster.connection = Cluster.Connection.OBSERVE
    site.cluster.save()
    site.sync(now=later())
    assert balance_of(allocation)[2] == 60
    site.cluster.connection = Cluster.Connection.RUN
    site.cluster.save()
    restore(site)
    site.sync(now=later())
    assert state_of(job) == "completed"
    assert balance_of(allocation)[1:] == (0, 60)
    used = LedgerEntry.objects.filter(kind="use")
    assert sum(entry.gpu_seconds for entry in used) == 60


def test_its_operators_are_told_at_once_and_once(site: Site) -> None:
    operator = make.make_operator(site.cluster)
    restore(site)
    site.sync()
    site.sync()
    [notice] = Notice.objects.filter(user=operator)
    assert (notice.kind, notice.delivery) == ("dispatch_stopped", "at_once")


def test_a_second_restore_stops_again_what_was_enabled_after_the_first(
    site: Site, job: Job
) -> None:
    restore(site)
    site.sync()
    lift(site)
    late = submit(job.allocation)
    restore(site)
    site.sync()
    assert state_of(late) == "new"
    assert Cluster.objects.get(pk=site.cluster.pk).is_stopped


def test_running_jobs_are_followed_all_the_while(site: Site, job: Job) -> None:
    site.sync()
    restore(site)
    site.finish(site.of(job), 60)
    site.sync()
    assert state_of(job) == JobState.COMPLETED

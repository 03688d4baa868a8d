"""Whether a site keeps holds is tried before the first job; where not, it waits longer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from compute.models import Allocation, ClusterHealth, Job, Pool, UsageRecord
from dev.simulator.faults import Fault
from dev.simulator.jobs import Job as SlurmJob
from tests import make
from tests.compute.sync.site import Site, age, state_of, submit
from tests.conftest import Caller


def probes(site: Site) -> list[SlurmJob]:
    jobs = site.simulated.scheduler.jobs.values()
    return [row for row in jobs if row.description.name.startswith("cesai-probe-")]


def holds(site: Site) -> str:
    return ClusterHealth.objects.get(cluster=site.cluster).holds


@pytest.fixture
def lawless(site: Site, allocation: Allocation) -> Site:
    """A site with a plugin that forbids holds."""
    ClusterHealth.objects.update(holds="", holds_probed_at=None)
    site.simulated.scheduler.ignores_holds = True
    return site


def test_a_held_job_is_tried_and_cancelled_before_the_first_one(site: Site, job: Job) -> None:
    site.sync()
    [probe] = probes(site)
    assert (holds(site), probe.run.state, probe.run.started_at) == ("kept", "CANCELLED", None)
    assert probe.job_id < site.of(job).job_id


def test_it_is_tried_once_a_week(site: Site, job: Job) -> None:
    now = make.now()
    for days in (0, 1, 6):
        site.sync(now=now + timedelta(days=days))
    assert len(probes(site)) == 1
    site.deliver(job.allocation.unix_user, "cesai-control", seconds=10 * 86400)
    site.sync(now=now + timedelta(days=8))
    assert len(probes(site)) == 2


def test_a_site_that_starts_held_jobs_is_found_out(lawless: Site) -> None:
    lawless.sync()
    assert holds(lawless) == "ignored"


def test_what_was_not_answered_is_tried_again_in_the_next_pass(
    site: Site, allocation: Allocation
) -> None:
    ClusterHealth.objects.update(holds="", holds_probed_at=None)
    site.plan(Fault.DROP_AFTER, "job/submit")
    site.sync()
    assert holds(site) == ""
    submit(allocation)
    site.sync()
    assert holds(site) == "kept"
    assert {row.run.state for row in probes(site)} == {"CANCELLED"}


def test_a_refusal_is_shown_and_tried_again_later(site: Site, allocation: Allocation) -> None:
    ClusterHealth.objects.update(holds="", holds_probed_at=None)
    Pool.objects.update(partition="gone")
    site.sync()
    health = ClusterHealth.objects.get(cluster=site.cluster)
    assert health.holds == ""
    assert health.holds_detail
    probed_at = health.holds_probed_at
    site.sync(now=make.now() + timedelta(minutes=11))
    health.refresh_from_db()
    assert health.holds_probed_at != probed_at


def test_there_a_job_runs_once_although_nothing_holds_it(lawless: Site, job: Job) -> None:
    for _ in range(3):
        lawless.sync()
    assert (state_of(job), lawless.starts[job.token]) == ("running", 1)


def test_there_a_lost_answer_is_adopted(lawless: Site, job: Job) -> None:
    lawless.sync()
    Job.objects.update(state="sending", slurm_job_id=None)
    age(3)
    lawless.sync()
    assert (state_of(job), lawless.starts[job.token]) == ("running", 1)


def test_there_nothing_is_sent_again_before_the_quarantine_is_over(
    lawless: Site, allocation: Allocation
) -> None:
    lawless.sync()
    job = submit(allocation)
    lawless.plan(Fault.DROP_BEFORE, "job/submit")
    lawless.sync()
    age(14 * 60)
    lawless.sync()
    assert state_of(job) == "sending"
    age(2 * 60)
    lawless.sync()
    assert (state_of(job), job.attempts) == ("running", 2)


def test_a_probe_is_nobodys_usage(site: Site, job: Job) -> None:
    site.sync(now=make.now() + timedelta(minutes=2))
    assert not UsageRecord.objects.filter(job=None).exists()


def test_the_cluster_s_page_says_so(lawless: Site, member: Caller) -> None:
    lawless.sync()
    page = reverse("cluster", args=[lawless.cluster.slug])
    text = member.as_browser.get(page).content.decode()
    assert "This site starts jobs that were submitted held" in text
    assert "rests 15 minutes" in text

"""Whole passes: two at once, cut short, and through everything that can go wrong."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from compute.models import Allocation, Cluster, Credential, Job
from compute.sync.connections import connections
from compute.sync.dispatch import dispatch
from compute.sync.follow import follow
from compute.sync.lease import lease
from compute.sync.passes import sync_cluster
from dev.simulator import Simulator
from dev.simulator.faults import Fault
from tests import make
from tests.at_once import at_once
from tests.compute.sync.site import CONTROL, Site, age, balance_of, state_of, submit


def test_a_pass_over_a_taken_cluster_says_busy(site: Site, allocation: Allocation) -> None:
    with lease(site.cluster):
        assert site.sync() == {"busy": True}


def test_a_pass_that_is_cut_short_goes_on_in_the_next(site: Site, job: Job) -> None:
    site.plan(Fault.DROP_BEFORE, "/jobs")
    assert "cut_short" in site.sync()
    site.sync()
    assert (state_of(job), site.starts[job.token]) == ("running", 1)


def test_an_unconnected_cluster_is_not_called(site: Site) -> None:
    Cluster.objects.update(connection="none")
    with pytest.raises(Cluster.DoesNotExist):
        site.sync()


def test_a_pass_by_hand_prints_what_it_did(
    site: Site, job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("sync_cluster", site.cluster.slug)
    assert "sent: 1" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no connected cluster"):
        call_command("sync_cluster", "elsewhere")


@pytest.fixture
def shared_site(
    transactional_db: None, simulator: Simulator, settings: Settings
) -> Iterator[Site]:
    """A site whose rows every connection sees."""
    settings.CLUSTER_URLS = [simulator.url]
    cluster = make.make_cluster(slug="north", slurm_cluster="north", rest_url=simulator.url)
    site = Site(simulator, cluster)
    site.deliver(CONTROL)
    yield site
    assert set(site.starts.values()) <= {1}


@pytest.fixture
def jobs(shared_site: Site) -> list[Job]:
    """Eight intents that fit on the cluster together."""
    pool = make.make_pool(shared_site.cluster)
    allocation = make.make_allocation(pool=pool, in_force=False)
    shared_site.deliver(allocation.unix_user)
    shared_site.sync()
    return [submit(allocation) for _ in range(8)]


def without_lease(site: Site) -> None:
    cluster = Cluster.objects.select_related("health").get(pk=site.cluster.pk)
    with connections(cluster, make.now()) as clients:
        dispatch(cluster, clients, now=make.now())
        follow(cluster, clients, now=make.now())


def test_two_workers_at_once_make_one_run_of_each_job(shared_site: Site, jobs: list[Job]) -> None:
    at_once(*[lambda: without_lease(shared_site)] * 4)
    shared_site.sync()
    assert [shared_site.starts[job.token] for job in jobs] == [1] * 8
    assert [state_of(job) for job in jobs] == ["running"] * 8


def test_two_workers_that_recover_at_once_adopt_or_send_once(
    shared_site: Site, jobs: list[Job]
) -> None:
    for fault in (Fault.DROP_AFTER, Fault.DROP_BEFORE) * 4:
        shared_site.plan(fault, "job/submit")
    shared_site.sync()
    age(60)
    at_once(*[lambda: without_lease(shared_site)] * 4)
    for _ in range(2):
        age(60)
        shared_site.sync()
    assert [shared_site.starts[job.token] for job in jobs] == [1] * 8
    held = [row for job in jobs for row in shared_site.all_of(job) if row.is_held]
    assert not held


def test_passes_at_once_settle_each_job_once(shared_site: Site, jobs: list[Job]) -> None:
    shared_site.sync()
    for job in jobs:
        shared_site.finish(shared_site.of(job), 100)
    later = make.now() + timedelta(minutes=2)
    at_once(*[lambda: sync_cluster("north", now=later)] * 4)
    shared_site.sync()
    assert balance_of(jobs[0].allocation) == (60 * 3600 - 800, 0, 800)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_goes_wrong_each_intent_runs_once(
    site: Site, allocation: Allocation, seed: int
) -> None:
    chance = random.Random(seed)
    jobs = [submit(allocation) for _ in range(8)]
    for _ in range(6):
        for _ in range(chance.randrange(4)):
            path = chance.choice(["job/submit", "/job/", "/jobs", "/ping", ""])
            site.plan(chance.choice(list(Fault)), path)
        site.sync()
        age(chance.choice([3, 60]))
    site.simulator.faults._plan.clear()
    for _ in range(5):
        age(60)
        site.sync()
    assert [site.starts[job.token] for job in jobs] == [1] * 8
    assert [state_of(job) for job in jobs] == ["running"] * 8


def test_a_credential_that_expires_in_between_blocks_and_loses_nothing(
    site: Site, job: Job
) -> None:
    site.plan(Fault.DROP_AFTER, "job/submit")
    site.sync()
    Credential.objects.filter(kind="run").update(expires_at=make.now())
    age(60)
    for _ in range(3):
        site.sync()
    assert site.starts[job.token] == 0
    site.deliver(job.allocation.unix_user)
    site.sync()
    assert (state_of(job), site.starts[job.token]) == ("running", 1)

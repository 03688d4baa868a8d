"""Limits that the site writes: the portal shows the command and believes what it reads back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from compute.models import Cluster, Limit
from compute.models.words import reason_in_words
from projects.models import Project
from tests import make
from tests.compute.sync.site import Site, submit


@pytest.fixture
def limit(site: Site, project: Project) -> Limit:
    """An award whose UNIX user exists, at a site that keeps its accounts itself."""
    Cluster.objects.update(limit_mode="verify")
    allocation = make.make_allocation(project, make.make_pool(site.cluster), in_force=False)
    site.deliver(allocation.unix_user)
    site.sync()
    allocation.limit.refresh_from_db()
    return allocation.limit


def state_of(limit: Limit) -> str:
    limit.refresh_from_db()
    return str(limit.state)


def test_the_site_is_shown_what_to_run(limit: Limit) -> None:
    allocation = limit.allocation
    account, user = limit.command.split(" && ")
    assert limit.state == "needs_operator"
    assert f"add account name={allocation.slurm_account} parent=cesai cluster=north" in account
    assert account.endswith("GrpTRESMins=gres/gpu=3600")
    assert f"add user name={allocation.unix_user} account={allocation.slurm_account}" in user


def test_what_it_waits_for_is_told_in_words(limit: Limit) -> None:
    assert "Waits for the site" in reason_in_words(limit.detail)


def test_the_portal_writes_nothing_by_itself(site: Site, limit: Limit) -> None:
    for _ in range(3):
        site.sync()
    assert site.simulated.accounting.get(limit.allocation.slurm_account) is None


def test_once_the_site_did_it_it_is_in_force(site: Site, limit: Limit) -> None:
    site.set_limit(limit)
    site.sync()
    assert (state_of(limit), limit.command, limit.detail) == ("in_force", "", "")
    assert limit.observed_gpu_minutes == limit.desired_gpu_minutes


def test_the_account_without_its_user_is_not_enough(site: Site, limit: Limit) -> None:
    site.set_limit(limit)
    accounting = site.simulated.accounting
    del accounting._associations[limit.allocation.slurm_account, limit.allocation.unix_user]
    site.sync()
    assert (state_of(limit), limit.observed_user) == ("needs_operator", False)


@pytest.mark.parametrize("minutes", [1, 7200])
def test_what_the_site_changes_later_is_noticed_with_the_repair(
    site: Site, limit: Limit, minutes: int
) -> None:
    site.set_limit(limit)
    site.sync()
    site.set_limit(limit, gpu_minutes=minutes)
    site.sync(now=make.now() + timedelta(minutes=6))
    assert (state_of(limit), limit.observed_gpu_minutes) == ("drifted", minutes)
    assert limit.command.endswith("GrpTRESMins=gres/gpu=3600")
    assert "modify account" in limit.command


def test_what_is_in_force_is_checked_again_every_minute(site: Site, limit: Limit) -> None:
    site.set_limit(limit)
    site.sync()
    limit.refresh_from_db()
    first = limit.verified_at
    assert first
    site.sync(now=first + timedelta(seconds=50))
    limit.refresh_from_db()
    assert limit.verified_at == first
    site.sync(now=first + timedelta(minutes=6))
    limit.refresh_from_db()
    assert limit.verified_at == first + timedelta(minutes=6)


def test_while_it_differs_no_job_is_handed_over(site: Site, limit: Limit) -> None:
    site.set_limit(limit, gpu_minutes=1)
    site.sync()
    job = submit(limit.allocation)
    site.sync()
    job.refresh_from_db()
    assert (job.state, job.waiting_for) == ("new", "limit")
    site.set_limit(limit)
    site.sync()
    assert site.starts[job.token] == 1


def test_every_change_of_state_is_on_record(site: Site, limit: Limit) -> None:
    site.set_limit(limit)
    site.sync()
    assert [move.to_state for move in limit.moves.all()] == ["needs_operator", "in_force"]

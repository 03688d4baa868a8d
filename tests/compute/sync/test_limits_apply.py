"""Limits that the portal writes: created once, never changed, believed only when read back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from compute.models import Allocation, Credential, Limit
from dev.simulator.faults import Fault
from projects.models import Project
from tests import make
from tests.compute.sync.site import CONTROL, Site


@pytest.fixture
def waiting(site: Site, project: Project) -> Limit:
    """An award that no pass has looked at yet."""
    allocation = make.make_allocation(project, make.make_pool(site.cluster), in_force=False)
    return allocation.limit


def state_of(limit: Limit) -> str:
    limit.refresh_from_db()
    return str(limit.state)


def test_without_the_sites_word_that_the_user_exists_nothing_is_written(
    site: Site, waiting: Limit
) -> None:
    site.sync()
    assert (state_of(waiting), waiting.detail) == ("pending", "NoUnixUser")
    assert waiting.allocation.unix_user in waiting.command
    assert site.simulated.accounting.get(waiting.allocation.slurm_account) is None


def test_account_and_user_are_created_and_read_back(site: Site, waiting: Limit) -> None:
    site.deliver(waiting.allocation.unix_user)
    site.sync()
    assert (state_of(waiting), waiting.observed_gpu_minutes) == ("in_force", 3600)
    assert (waiting.observed_user, bool(waiting.verified_at)) == (True, True)
    account = site.simulated.accounting.get(waiting.allocation.slurm_account)
    assert account
    assert (account.gpu_minutes, account.parent) == (3600, "cesai")


def test_odd_seconds_are_rounded_up_to_minutes(site: Site, project: Project) -> None:
    allocation = make.make_allocation(project, make.make_pool(site.cluster), in_force=False)
    Limit.objects.update(desired_gpu_minutes=61)
    site.deliver(allocation.unix_user)
    site.sync()
    account = site.simulated.accounting.get(allocation.slurm_account)
    assert account
    assert account.gpu_minutes == 61


@pytest.mark.parametrize("path", ["accounts", "users", "associations"])
@pytest.mark.parametrize("fault", [Fault.DROP_BEFORE, Fault.DROP_AFTER, Fault.ERROR_AFTER])
def test_a_lost_answer_leaves_it_out_of_force_until_it_was_read(
    site: Site, waiting: Limit, path: str, fault: Fault
) -> None:
    site.deliver(waiting.allocation.unix_user)
    site.plan(fault, f"/{path}")
    site.sync()
    for _ in range(2):
        site.sync()
    assert state_of(waiting) == "in_force"
    account = site.simulated.accounting.get(waiting.allocation.slurm_account)
    assert account
    assert account.gpu_minutes == 3600


def test_what_was_written_and_not_read_back_is_not_in_force(site: Site, waiting: Limit) -> None:
    site.deliver(waiting.allocation.unix_user)
    site.plan(Fault.DROP_AFTER, "/users")
    site.sync()
    assert state_of(waiting) != "in_force"
    assert waiting.verified_at is None


def test_another_limit_on_the_cluster_is_shown_and_never_overwritten(
    site: Site, waiting: Limit
) -> None:
    site.deliver(waiting.allocation.unix_user)
    site.set_limit(waiting, gpu_minutes=10)
    site.sync()
    assert (state_of(waiting), waiting.observed_gpu_minutes) == ("drifted", 10)
    account = site.simulated.accounting.get(waiting.allocation.slurm_account)
    assert account
    assert account.gpu_minutes == 10


def test_without_a_control_credential_it_waits_and_says_so(site: Site, waiting: Limit) -> None:
    Credential.objects.filter(unix_user=CONTROL).delete()
    site.deliver(waiting.allocation.unix_user)
    site.sync()
    assert state_of(waiting) == "pending"
    assert "control credential" in waiting.detail
    site.deliver(CONTROL)
    site.sync()
    assert state_of(waiting) == "in_force"


def test_a_limit_that_fails_does_not_stop_the_next(site: Site, waiting: Limit) -> None:
    other = make.make_allocation(pool=waiting.allocation.pool, in_force=False).limit
    site.deliver(waiting.allocation.unix_user, other.allocation.unix_user)
    site.plan(Fault.DROP_BEFORE, "accounts")
    site.sync()
    assert sorted([state_of(waiting), state_of(other)]) == ["applying", "in_force"]


def test_for_an_ended_allocation_no_account_is_made(site: Site, waiting: Limit) -> None:
    Allocation.objects.update(state="revoked")
    site.deliver(waiting.allocation.unix_user)
    site.sync()
    assert state_of(waiting) == "in_force"
    assert site.simulated.accounting.get(waiting.allocation.slurm_account) is None


def test_since_when_it_cannot_be_checked_is_kept_until_it_can(site: Site, waiting: Limit) -> None:
    site.deliver(waiting.allocation.unix_user)
    site.sync()
    now = make.now()
    site.simulator.faults.controller_is_down = True
    for minutes in (1, 2):
        site.sync(now=now + timedelta(minutes=minutes))
    assert state_of(waiting) == "in_force"
    assert waiting.unreachable_since == now + timedelta(minutes=1)
    site.simulator.faults.controller_is_down = False
    site.sync(now=now + timedelta(minutes=7))
    assert state_of(waiting) == "in_force"
    assert not Limit.objects.exclude(unreachable_since=None).exists()

"""Limits on an account that the site keeps for another board's grant: read, never written."""

from __future__ import annotations

from datetime import timedelta

import pytest

from compute.actions.allocations import pause_allocation
from compute.actions.grants import confirm_grant
from compute.models import Allocation, Limit, UsageRecord
from compute.models.words import reason_in_words
from dev.simulator.accounting import Association
from projects.models import Project
from projects.roles import Role
from tests import make
from tests.compute.sync.site import LASTS, Site, balance_of, submit

NAME = "hpc123"


@pytest.fixture
def limit(site: Site, project: Project) -> Limit:
    """A confirmed grant with the account that the site made; 500 GPU-hours."""
    grant = make.make_grant(project, make.make_pool(site.cluster), slurm_account=NAME)
    admin = make.make_staff(Role.QUOTA_ADMIN)
    allocation = confirm_grant(by=admin, grant=grant, remark="", now=make.now())
    site.deliver(allocation.unix_user)
    site.sync()
    return Limit.objects.select_related("allocation").get(allocation=allocation)


def set_account(site: Site, limit: Limit, *, gpu_minutes: int | None = None) -> None:
    user = limit.allocation.unix_user
    site.simulated.accounting.set(Association(NAME, parent="hpc", gpu_minutes=gpu_minutes))
    site.simulated.accounting.set(Association(NAME, user=user))
    site.simulated.scheduler.unsettle()


def state_of(limit: Limit) -> str:
    limit.refresh_from_db()
    return str(limit.state)


def test_the_portal_does_not_make_it(site: Site, limit: Limit) -> None:
    site.sync()
    assert site.simulated.accounting.get(NAME) is None
    assert (state_of(limit), limit.command) == ("needs_operator", "")
    assert "its account is not there" in reason_in_words(limit.detail)


def test_without_a_limit_of_slurm_jobs_run_under_the_sites_own_rules(
    site: Site, limit: Limit
) -> None:
    set_account(site, limit)
    site.sync()
    assert state_of(limit) == "set_not_proven"
    job = submit(limit.allocation, script=LASTS)
    site.sync()
    site.sync()
    assert site.of(job).description.account == NAME


def test_a_limit_of_the_same_amount_is_in_force(site: Site, limit: Limit) -> None:
    set_account(site, limit, gpu_minutes=limit.desired_gpu_minutes)
    site.sync()
    assert state_of(limit) == "in_force"


def test_another_amount_is_shown_and_left(site: Site, limit: Limit) -> None:
    set_account(site, limit, gpu_minutes=7)
    site.sync()
    site.sync()
    assert state_of(limit) == "drifted"
    account = site.simulated.accounting.get(NAME)
    assert account
    assert account.gpu_minutes == 7


def test_a_pause_is_kept_here_and_closes_nothing_there(site: Site, limit: Limit) -> None:
    set_account(site, limit)
    site.sync()
    operator = make.make_operator(site.cluster)
    pause_allocation(by=operator, allocation=limit.allocation, reason="check", now=make.now())
    site.sync()
    account = site.simulated.accounting.get(NAME)
    assert account
    assert account.max_submit_jobs is None


def test_what_others_submitted_under_it_is_booked_and_marked(site: Site, limit: Limit) -> None:
    set_account(site, limit)
    site.sync()
    job = submit(limit.allocation, script=LASTS)
    site.sync()
    row = site.arrive(job, name="by hand", is_held=False, script=LASTS)
    site.finish(row, 100)
    site.sync(now=make.now() + timedelta(minutes=2))
    foreign = UsageRecord.objects.get(slurm_job_id=row.job_id)
    assert foreign.is_foreign
    assert balance_of(limit.allocation)[2] == foreign.gpu_seconds


def test_use_before_and_after_the_window_is_not_the_grants(site: Site, limit: Limit) -> None:
    """The site's account is older than the grant, and goes on after it."""
    set_account(site, limit)
    site.sync()
    job = submit(limit.allocation, script=LASTS)
    site.sync()
    row = site.arrive(job, name="by hand", is_held=False, script=LASTS)
    site.finish(row, 100)
    today = make.today()
    Allocation.objects.update(start=today + timedelta(1), end=today + timedelta(9))
    site.sync(now=make.now() + timedelta(minutes=2))
    assert not UsageRecord.objects.filter(slurm_job_id=row.job_id).exists()


def test_once_it_has_ended_nothing_is_asked_any_more(site: Site, limit: Limit) -> None:
    set_account(site, limit, gpu_minutes=7)
    site.sync()
    Allocation.objects.update(state="expired")
    site.sync()
    assert (state_of(limit), limit.proven_closed) == ("set_not_proven", True)
    assert not Limit.objects.not_in_force().exists()

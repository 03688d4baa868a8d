"""What is decided later follows on the cluster; what a hand changed there is shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from compute.actions.allocations import (
    end_allocation,
    pause_allocation,
    resume_allocation,
    return_hours,
)
from compute.models import Allocation, Cluster, Limit
from dev.simulator.accounting import Association
from dev.simulator.faults import Fault
from projects.models import User
from projects.roles import Role
from tests import make
from tests.compute.sync.site import Site, age, state_of, submit

HOUR = 3600


@pytest.fixture
def admin(db: None) -> User:
    return make.make_staff(Role.QUOTA_ADMIN)


@pytest.fixture
def writes(site: Site) -> bool:
    """Whether this release can change an account."""
    return site.simulator.settings.wire == "v0.0.42"


def limit_of(allocation: Allocation) -> Limit:
    return Limit.objects.get(allocation=allocation)


def on_cluster(site: Site, allocation: Allocation) -> Association:
    found = site.simulated.accounting.get(allocation.slurm_account)
    assert found
    return found


def by_hand(site: Site, allocation: Allocation, **changes: Any) -> None:
    """What the site's staff do with sacctmgr."""
    site.simulated.accounting.set(replace(on_cluster(site, allocation), **changes))
    site.simulated.scheduler.unsettle()


def pause(admin: User, allocation: Allocation) -> None:
    pause_allocation(by=admin, allocation=allocation, reason="why", now=make.now())


def give_back(admin: User, allocation: Allocation, hours: int) -> None:
    return_hours(
        by=admin, allocation=allocation, gpu_seconds=hours * HOUR, reason="less", now=make.now()
    )


def test_less_is_in_force_after_one_pass_where_the_release_can(
    site: Site, admin: User, allocation: Allocation, writes: bool
) -> None:
    give_back(admin, allocation, 20)
    site.sync()
    limit = limit_of(allocation)
    if writes:
        assert (limit.state, on_cluster(site, allocation).gpu_minutes) == ("in_force", 2400)
    else:
        assert (limit.state, limit.detail) == ("needs_operator", "ToBeChanged")
        assert limit.command.endswith("GrpTRESMins=gres/gpu=2400")
        assert on_cluster(site, allocation).gpu_minutes == 3600


def test_more_than_before_is_in_force_too(
    site: Site, allocation: Allocation, writes: bool
) -> None:
    Limit.objects.update(desired_gpu_minutes=4800)
    site.sync()
    limit = limit_of(allocation)
    if writes:
        found = on_cluster(site, allocation)
        assert (limit.state, found.gpu_minutes, found.max_jobs) == ("in_force", 4800, None)
    else:
        assert limit.command.endswith("GrpTRESMins=gres/gpu=4800")


def test_a_raise_cut_short_lets_nothing_start_and_is_finished_later(
    site: Site, allocation: Allocation, writes: bool
) -> None:
    if not writes:
        pytest.skip("nothing is written there")
    by_hand(site, allocation, gpu_minutes=None, max_jobs=0)  # as after the first of two calls
    Limit.objects.update(desired_gpu_minutes=4800)
    site.sync()
    found = on_cluster(site, allocation)
    assert (found.gpu_minutes, found.max_jobs) == (4800, None)


def test_what_the_site_ran_is_in_force_after_one_pass(
    site: Site, admin: User, allocation: Allocation
) -> None:
    Cluster.objects.update(limit_mode="verify")
    give_back(admin, allocation, 20)
    site.sync()
    assert limit_of(allocation).state == "needs_operator"
    by_hand(site, allocation, gpu_minutes=2400)
    site.sync()
    limit = limit_of(allocation)
    assert (limit.state, limit.command, limit.proven_gpu_minutes) == ("in_force", "", 2400)


def test_jobs_go_on_while_the_site_has_not_changed_it_yet(
    site: Site, admin: User, allocation: Allocation
) -> None:
    Cluster.objects.update(limit_mode="verify")
    give_back(admin, allocation, 20)
    site.sync()
    job = submit(allocation)
    site.sync()
    assert site.starts[job.token] == 1


def test_the_sites_own_limits_on_the_account_stay(
    site: Site, admin: User, allocation: Allocation, writes: bool
) -> None:
    by_hand(site, allocation, gpus=4, max_submit_jobs=100)
    give_back(admin, allocation, 20)
    site.sync()
    found = on_cluster(site, allocation)
    assert (found.gpus, found.max_submit_jobs, found.parent) == (4, 100, "cesai")
    assert found.gpu_minutes == (2400 if writes else 3600)


def test_a_pause_closes_the_account_and_its_end_opens_it(
    site: Site, admin: User, allocation: Allocation, writes: bool
) -> None:
    pause(admin, allocation)
    site.sync()
    if not writes:
        assert limit_of(allocation).detail == "ToBeClosed"
        assert limit_of(allocation).command.endswith("set GrpSubmitJobs=0")
        by_hand(site, allocation, max_submit_jobs=0)
        site.sync()
    limit = limit_of(allocation)
    assert (limit.state, limit.observed_submit_jobs) == ("in_force", 0)
    assert on_cluster(site, allocation).max_submit_jobs == 0
    allocation.refresh_from_db()
    resume_allocation(by=admin, allocation=allocation, now=make.now())
    site.sync()
    if not writes:
        assert "GrpSubmitJobs=-1" in limit_of(allocation).command
        by_hand(site, allocation, max_submit_jobs=None)
        site.sync()
    assert limit_of(allocation).state == "in_force"
    assert on_cluster(site, allocation).max_submit_jobs is None


def test_during_a_pause_nothing_is_handed_over_and_what_runs_goes_on(
    site: Site, admin: User, allocation: Allocation
) -> None:
    running, waiting = submit(allocation), submit(allocation)
    site.sync()
    type(waiting).objects.filter(pk=waiting.pk).update(state="new", slurm_job_id=None)
    site.simulated.scheduler.cancel(allocation.unix_user, site.all_of(waiting)[0].job_id, 0.0,
                                    by_coordinator=False)  # fmt: skip
    pause(admin, allocation)
    site.sync()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.waiting_for) == ("new", "pause")
    assert state_of(running) == "running"


def test_the_end_of_the_window_closes_the_account_in_the_same_pass(
    site: Site, allocation: Allocation, writes: bool
) -> None:
    later = make.now() + timedelta(days=400)
    site.deliver("cesai-control", allocation.unix_user, seconds=500 * 24 * HOUR)
    site.sync(now=later)
    allocation.refresh_from_db()
    limit = limit_of(allocation)
    assert allocation.state == "expired"
    if writes:
        assert (limit.state, on_cluster(site, allocation).max_submit_jobs) == ("in_force", 0)
    else:
        assert (limit.state, limit.detail) == ("needs_operator", "ToBeClosed")


def test_an_early_end_cancels_what_waits_and_lets_run_what_runs(
    site: Site, admin: User, allocation: Allocation
) -> None:
    running = submit(allocation, gpus=8)
    site.sync()
    waiting = submit(allocation, gpus=8)
    site.sync()
    end_allocation(by=admin, allocation=allocation, reason="over", now=make.now())
    site.sync()
    age(0)
    site.sync()
    assert (state_of(running), state_of(waiting)) == ("running", "cancelled")


def test_an_account_that_was_never_made_is_closed_already(
    site: Site, admin: User, project: object
) -> None:
    allocation = make.make_allocation(pool=make.make_pool(site.cluster), in_force=False)
    end_allocation(by=admin, allocation=allocation, reason="over", now=make.now())
    site.sync()
    assert limit_of(allocation).state == "in_force"
    assert site.simulated.accounting.get(allocation.slurm_account) is None


@pytest.mark.parametrize(
    "changes", [{"gpu_minutes": 10}, {"gpu_minutes": None}, {"max_submit_jobs": 0}]
)
def test_a_change_by_hand_shows_within_a_cycle_and_is_left(
    site: Site, allocation: Allocation, changes: dict[str, int | None]
) -> None:
    by_hand(site, allocation, **changes)
    for minutes in (1, 2):
        site.sync(now=make.now() + timedelta(minutes=minutes, seconds=1))
    limit = limit_of(allocation)
    assert (limit.state, limit.detail) == ("drifted", "Differs")
    assert limit.command
    for name, value in changes.items():
        assert getattr(on_cluster(site, allocation), name) == value


def test_one_that_the_site_opens_again_after_its_end_shows_as_drifted(
    site: Site, admin: User, allocation: Allocation
) -> None:
    end_allocation(by=admin, allocation=allocation, reason="over", now=make.now())
    by_hand(site, allocation, max_submit_jobs=0)
    site.sync()
    by_hand(site, allocation, max_submit_jobs=None)
    site.deliver("cesai-control", seconds=3 * 24 * HOUR)
    site.sync(now=make.now() + timedelta(days=1, minutes=1))
    assert limit_of(allocation).state == "drifted"


@pytest.mark.parametrize("fault", [Fault.DROP_BEFORE, Fault.DROP_AFTER, Fault.ERROR_AFTER])
def test_a_lost_answer_to_a_change_is_made_good(
    site: Site, admin: User, allocation: Allocation, writes: bool, fault: Fault
) -> None:
    if not writes:
        pytest.skip("nothing is written there")
    give_back(admin, allocation, 20)
    site.plan(fault, "/associations/")
    for _ in range(3):
        site.sync()
    assert limit_of(allocation).state == "in_force"
    assert on_cluster(site, allocation).gpu_minutes == 2400


def test_a_change_that_the_cluster_took_and_ignored_is_not_in_force(
    site: Site, admin: User, allocation: Allocation, writes: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    if not writes:
        pytest.skip("nothing is written there")
    accounting = site.simulated.accounting
    monkeypatch.setattr(accounting, "change_association", lambda by, association: None)
    give_back(admin, allocation, 20)
    site.sync()
    limit = limit_of(allocation)
    assert (limit.state, limit.detail) == ("needs_operator", "NotTaken")
    assert limit.command.endswith("GrpTRESMins=gres/gpu=2400")


@pytest.mark.parametrize(("decay", "detail"), [("", "DecayNotDeclared"), ("fades", "UsageFades")])
def test_where_used_hours_may_fade_it_is_set_and_not_proven(
    site: Site, allocation: Allocation, decay: str, detail: str
) -> None:
    Cluster.objects.update(usage_decay=decay)
    site.sync(now=make.now() + timedelta(minutes=2))
    limit = limit_of(allocation)
    assert (limit.state, limit.detail) == ("set_not_proven", detail)
    job = submit(allocation)
    site.sync()
    assert site.starts[job.token] == 1


def test_many_limits_are_read_with_one_call(
    site: Site, allocation: Allocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        make.make_allocation(pool=allocation.pool)
    asked: list[str | None] = []
    real = site.simulated.accounting.of

    def counted(accounts: str | None, user: str | None = None) -> list[Association]:
        asked.append(accounts)
        return real(accounts, user)

    monkeypatch.setattr(site.simulated.accounting, "of", counted)
    site.sync(now=make.now() + timedelta(minutes=2))
    assert [len((names or "").split(",")) for names in asked] == [6]

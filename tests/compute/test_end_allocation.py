"""An end before its time: what is left returns to the pool, and nobody decides for themselves."""

from __future__ import annotations

from compute.models import Allocation, Balance, CapacityMonth
from compute.states import JobState
from compute.sync.accounting import settle
from projects.models import Membership, Project
from projects.roles import Role
from tests import make
from tests.conftest import Caller

OVER = {"reason": "The project has finished."}


def end(caller: Caller, allocation: Allocation) -> int:
    return int(caller.post(f"allocations/{allocation.pk}/end", OVER).status_code)


def balance(allocation: Allocation) -> tuple[int, int, int]:
    row = Balance.objects.get(allocation=allocation)
    return row.available, row.reserved, row.used


def test_what_is_available_returns_at_once(quota_admin: Caller, allocation: Allocation) -> None:
    assert end(quota_admin, allocation) == 200
    allocation.refresh_from_db()
    assert (allocation.state, balance(allocation)) == ("revoked", (0, 0, 0))
    assert not CapacityMonth.objects.filter(pool=allocation.pool, granted__gt=0).exists()


def test_what_is_reserved_stays_until_the_job_is_settled(
    quota_admin: Caller, allocation: Allocation
) -> None:
    job = make.make_job(allocation)
    reserved = job.reserved_gpu_seconds
    assert end(quota_admin, allocation) == 200
    assert balance(allocation) == (0, reserved, 0)
    job.move_to(JobState.CANCELLED, now=make.now(), ended_at=make.now())
    settle(job, (), now=make.now())
    assert balance(allocation) == (0, 0, 0)


def test_it_ends_once(quota_admin: Caller, allocation: Allocation) -> None:
    assert (end(quota_admin, allocation), end(quota_admin, allocation)) == (200, 409)


def test_nobody_ends_their_own_projects_allocation(
    allocation: Allocation, project: Project
) -> None:
    admin = make.make_staff(Role.QUOTA_ADMIN)
    Membership.objects.create(user=admin, group=project.lead_group, role=Role.GUEST)
    assert end(Caller(admin, make.make_token(admin)), allocation) == 403


def test_those_who_see_it_do_not_end_it(
    lead: Caller, operator: Caller, coordinator: Caller, allocation: Allocation
) -> None:
    assert {end(who, allocation) for who in (lead, operator, coordinator)} == {403}


def test_to_a_stranger_it_is_not_there(stranger: Caller, allocation: Allocation) -> None:
    assert end(stranger, allocation) == 404

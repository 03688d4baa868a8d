"""GPU-hours kept for one partner's projects, and offers below what is granted by decision."""

from __future__ import annotations

from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from compute.actions.awards import Grant, award
from compute.actions.capacity import set_capacity
from compute.models import Allocation, CapacityMonth, Pool, Reserve
from compute.quota import month_of
from projects.errors import Conflict, Refused
from projects.models import Event, Partner, Project
from projects.roles import Role
from tests import make
from tests.conftest import Caller

HOUR = 3600


@pytest.fixture
def partner(project: Project) -> Partner:
    return project.lead_group.partner


def month() -> str:
    return f"{month_of(make.today()):%Y-%m}"


def keep(caller: Caller, pool: Pool, partner: Partner, hours: int, **months: Any) -> Any:
    chosen = {row.month.strftime("%Y-%m"): hours for row in pool.capacity.all()}
    body = {"partner": str(partner.pk), "months": months or chosen}
    return caller.put(f"pools/{pool.slug}/reserves", body)


def give(project: Project, pool: Pool, hours: int) -> Allocation:
    """An award of so many GPU-hours, all of this month."""
    request = make.make_request(project, pool, gpu_hours=hours)
    line = request.lines.select_related("pool__cluster").get()
    months = {month_of(make.today()): hours * HOUR}
    admin = make.make_staff(Role.QUOTA_ADMIN)
    [allocation] = award(by=admin, request=request, grants=[Grant(line, hours * HOUR, months)],
                         reason="", now=make.now())  # fmt: skip
    return allocation


def this_month(pool: Pool) -> CapacityMonth:
    return CapacityMonth.objects.get(pool=pool, month=month_of(make.today()))


def test_a_quota_admin_keeps_some_for_a_partner(
    quota_admin: Caller, pool: Pool, partner: Partner
) -> None:
    answer = keep(quota_admin, pool, partner, 400)
    assert answer.status_code == 200
    assert {row["left_gpu_hours"] for row in answer.json()} == {"400"}
    assert this_month(pool).free == 600 * HOUR
    [event] = Event.objects.filter(kind="reserve_capacity")
    assert (event.actor, event.reason) == (quota_admin.user, partner.name)


def test_others_are_not_awarded_what_is_kept(
    quota_admin: Caller, pool: Pool, partner: Partner
) -> None:
    keep(quota_admin, pool, partner, 400)
    with pytest.raises(Conflict, match="has 600 GPU-h free"):
        give(make.make_project(), pool, 601)
    give(make.make_project(), pool, 600)


def test_the_partners_projects_take_their_own_first(
    quota_admin: Caller, pool: Pool, project: Project, partner: Partner
) -> None:
    keep(quota_admin, pool, partner, 400)
    give(project, pool, 300)
    row = this_month(pool)
    assert (row.granted, row.reserved, row.free) == (300 * HOUR, 100 * HOUR, 600 * HOUR)


def test_and_then_what_is_free_for_all(
    quota_admin: Caller, pool: Pool, project: Project, partner: Partner
) -> None:
    keep(quota_admin, pool, partner, 400)
    give(project, pool, 1000)
    row = this_month(pool)
    assert (row.granted, row.reserved, row.free) == (1000 * HOUR, 0, 0)
    with pytest.raises(Conflict, match="has 0 GPU-h free"):
        give(project, pool, 1)


def test_no_more_is_kept_than_is_free(
    quota_admin: Caller, pool: Pool, project: Project, partner: Partner
) -> None:
    give(project, pool, 700)
    answer = keep(quota_admin, pool, partner, 301)
    assert answer.status_code == 409
    assert "300 GPU-h free" in answer.json()["detail"]
    assert not Reserve.objects.exists()


def test_nothing_lets_it_go(quota_admin: Caller, pool: Pool, partner: Partner) -> None:
    keep(quota_admin, pool, partner, 400)
    assert keep(quota_admin, pool, partner, 0).json() == []
    assert this_month(pool).free == 1000 * HOUR


@pytest.mark.parametrize("who", ["operator", "lead", "coordinator"])
def test_others_keep_nothing(
    request: pytest.FixtureRequest, pool: Pool, partner: Partner, who: str
) -> None:
    caller: Caller = request.getfixturevalue(who)
    assert keep(caller, pool, partner, 1).status_code == 403


def test_a_stranger_sees_what_is_kept_and_keeps_nothing(
    stranger: Caller, quota_admin: Caller, pool: Pool, partner: Partner
) -> None:
    keep(quota_admin, pool, partner, 400)
    assert keep(stranger, pool, partner, 1).status_code == 403
    assert stranger.get(f"pools/{pool.slug}/reserves").json()


@pytest.mark.django_db(transaction=True)
def test_of_awards_at_once_none_takes_what_is_kept_twice(
    quota_admin: Caller, pool: Pool, project: Project, partner: Partner
) -> None:
    """Eight awards of 100 for the partner, eight for others, over 400 kept and 600 free."""
    keep(quota_admin, pool, partner, 400)
    foreign = make.make_project()
    requests = [make.make_request(one, pool, gpu_hours=100) for one in [project, foreign] * 8]
    admin = make.make_staff(Role.QUOTA_ADMIN)
    start, won = Barrier(16), []

    def decide(request: Any) -> None:
        line = request.lines.select_related("pool__cluster").get()
        months = {month_of(make.today()): 100 * HOUR}
        start.wait()
        try:
            award(by=admin, request=request, grants=[Grant(line, 100 * HOUR, months)],
                  reason="", now=make.now())  # fmt: skip
            won.append(request.project_id)
        except Refused:
            pass
        finally:
            connection.close()

    threads = [Thread(target=decide, args=(request,)) for request in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    row = this_month(pool)
    left = Reserve.objects.get(month=row.month).left
    assert len(won) * 100 * HOUR == row.granted <= row.offered
    assert row.reserved == left
    assert won.count(foreign.pk) <= 6
    assert row.free == 0 or won.count(foreign.pk) == 8 - 2


def test_an_offer_below_what_is_granted_needs_a_decision(
    operator: Caller, pool: Pool, project: Project
) -> None:
    give(project, pool, 500)
    body = {"months": {month(): "300"}}
    answer = operator.put(f"pools/{pool.slug}/capacity", body)
    assert answer.status_code == 409
    assert "whose decision" in answer.json()["detail"]
    decided = {**body, "decision": "Board of 3 May: two racks fewer."}
    assert operator.put(f"pools/{pool.slug}/capacity", decided).status_code == 200
    row = this_month(pool)
    assert (row.offered, row.granted, row.over_committed) == (300 * HOUR, 500 * HOUR, 200 * HOUR)
    [event] = Event.objects.filter(kind="set_capacity", actor=operator.user)
    assert event.reason == decided["decision"]


def test_nothing_more_is_awarded_of_an_over_committed_month(
    operator: Caller, pool: Pool, project: Project
) -> None:
    give(project, pool, 500)
    body = {"months": {month(): "300"}, "decision": "fewer racks"}
    operator.put(f"pools/{pool.slug}/capacity", body)
    with pytest.raises(Conflict, match="has 0 GPU-h free"):
        give(project, pool, 1)


def test_with_a_higher_offer_it_is_over_committed_no_more(
    operator: Caller, pool: Pool, project: Project
) -> None:
    give(project, pool, 500)
    address = f"pools/{pool.slug}/capacity"
    operator.put(address, {"months": {month(): "300"}, "decision": "fewer racks"})
    operator.put(address, {"months": {month(): "600"}})
    row = this_month(pool)
    assert (row.over_committed, row.free) == (0, 100 * HOUR)


def test_months_are_offered_years_ahead(operator: Caller, lead: Caller, pool: Pool) -> None:
    years = {f"{year}-{n:02}": "5952.5" for year in range(2027, 2032) for n in range(1, 13)}
    answer = operator.put(f"pools/{pool.slug}/capacity", {"months": years})
    assert (answer.status_code, len(answer.json())) == (200, 60)
    assert lead.put(f"pools/{pool.slug}/capacity", {"months": years}).status_code == 403
    wrong = {"months": {"2027-13": "1"}}
    assert operator.put(f"pools/{pool.slug}/capacity", wrong).status_code == 400


def test_a_lowered_offer_still_leaves_what_was_used_to_be_returned(
    operator: Caller, quota_admin: Caller, pool: Pool, project: Project
) -> None:
    allocation = give(project, pool, 500)
    set_capacity(by=operator.user, pool=pool, months={month_of(make.today()): 300 * HOUR},
                 decision="fewer racks", now=make.now())  # fmt: skip
    back = {"gpu_hours": "250", "reason": "unspent"}
    answer = quota_admin.post(f"allocations/{allocation.pk}/return-hours", back)
    assert answer.status_code == 200
    assert this_month(pool).free == 50 * HOUR


def test_in_an_over_committed_month_less_can_be_kept_than_before(
    operator: Caller, quota_admin: Caller, pool: Pool, project: Project, partner: Partner
) -> None:
    keep(quota_admin, pool, partner, 400)
    give(make.make_project(), pool, 500)
    body = {"months": {month(): "600"}, "decision": "fewer racks"}
    assert operator.put(f"pools/{pool.slug}/capacity", body).status_code == 200
    assert keep(quota_admin, pool, partner, 0, **{month(): "300"}).status_code == 200
    assert keep(quota_admin, pool, partner, 0, **{month(): "350"}).status_code == 409
    assert this_month(pool).reserved == 300 * HOUR

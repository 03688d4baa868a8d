"""What pools offer per month."""

from __future__ import annotations

from datetime import date

import pytest

from compute.actions.capacity import set_capacity
from compute.models import Allocation, CapacityMonth, Pool
from compute.quota import month_of
from projects.errors import Conflict, Invalid
from projects.models import Event
from tests import make
from tests.compute.bodies import Calls
from tests.conftest import Caller

HOUR = 3600


def test_capacity_is_true_for_a_stranger_too(
    stranger: Caller, pool: Pool, allocation: Allocation
) -> None:
    rows = stranger.get(f"capacity/?pool={pool.pk}").json()["results"]
    granted = sum(float(row["granted_gpu_hours"]) for row in rows)
    assert granted == pytest.approx(60, abs=0.01)
    first = rows[0]
    free = float(first["offered_gpu_hours"]) - float(first["granted_gpu_hours"])
    assert float(first["free_gpu_hours"]) == pytest.approx(free, abs=0.001)


def test_somebody_of_no_partner_sees_none(caller: Calls, pool: Pool) -> None:
    assert caller(make.make_user()).get("capacity/").json()["results"] == []


def test_the_months_are_filtered_by_time(lead: Caller, pool: Pool) -> None:
    first = month_of(make.today())
    rows = lead.get(f"capacity/?pool__slug={pool.slug}&month__lte={first}").json()["results"]
    assert [row["month"] for row in rows] == [f"{first:%Y-%m}"]


def test_an_offer_below_what_is_granted_is_refused_with_the_figure(
    pool: Pool, allocation: Allocation
) -> None:
    row = CapacityMonth.objects.filter(pool=pool, granted__gt=0).order_by("month")[0]
    with pytest.raises(Conflict, match="are granted already"):
        set_capacity(by=None, pool=pool, months={row.month: row.granted - 1}, now=make.now())
    row.refresh_from_db()
    assert row.offered == 1000 * HOUR


def test_one_month_too_low_leaves_the_others_as_they_were(
    pool: Pool, allocation: Allocation
) -> None:
    months = list(CapacityMonth.objects.filter(pool=pool).order_by("month"))
    low = dict.fromkeys((row.month for row in months), 0)
    free = next(row for row in months if not row.granted)
    with pytest.raises(Conflict):
        set_capacity(by=None, pool=pool, months=low, now=make.now())
    free.refresh_from_db()
    assert free.offered == 1000 * HOUR


def test_an_offer_can_be_lowered_to_what_is_granted(pool: Pool, allocation: Allocation) -> None:
    row = CapacityMonth.objects.filter(pool=pool, granted__gt=0)[0]
    set_capacity(by=None, pool=pool, months={row.month: row.granted}, now=make.now())
    row.refresh_from_db()
    assert row.free == 0


@pytest.mark.parametrize(
    ("month", "offered"),
    [(date(2030, 1, 2), 1), (date(2030, 1, 1), -1), (date(2030, 1, 1), 2**63)],
)
def test_what_is_no_month_or_no_amount_is_refused(pool: Pool, month: date, offered: int) -> None:
    with pytest.raises(Invalid):
        set_capacity(by=None, pool=pool, months={month: offered}, now=make.now())
    assert not CapacityMonth.objects.filter(pool=pool, month__year=2030).exists()


def test_an_offer_is_on_record(quota_admin: Caller, pool: Pool) -> None:
    month = date(2030, 1, 1)
    set_capacity(by=quota_admin.user, pool=pool, months={month: HOUR}, now=make.now())
    event = Event.objects.filter(kind="set_capacity")[0]
    assert (event.actor, event.changes) == (quota_admin.user, {"2030-01": [None, HOUR]})

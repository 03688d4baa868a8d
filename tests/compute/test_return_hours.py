"""Unspent GPU-hours go back to the pool: the balance, the months and the limit follow."""

from __future__ import annotations

from datetime import date

import pytest
from django.db.models import F

from compute.models import Allocation, Balance, CapacityMonth, LedgerEntry, Limit, Pool
from tests import make
from tests.conftest import Caller

HOUR = 3600


def give(caller: Caller, allocation: Allocation, hours: str, reason: str = "unspent") -> int:
    body = {"gpu_hours": hours, "reason": reason}
    return int(caller.post(f"allocations/{allocation.pk}/return-hours", body).status_code)


def granted(pool: Pool) -> int:
    return sum(CapacityMonth.objects.filter(pool=pool).values_list("granted", flat=True))


def available(allocation: Allocation) -> int:
    return Balance.objects.values_list("available", flat=True).get(allocation=allocation)


@pytest.mark.parametrize("who", ["lead", "quota_admin"])
def test_a_lead_and_those_who_award_return_them(
    request: pytest.FixtureRequest, allocation: Allocation, who: str
) -> None:
    before = granted(allocation.pool)
    assert give(request.getfixturevalue(who), allocation, "20") == 200
    assert available(allocation) == 40 * HOUR
    assert granted(allocation.pool) == before - 20 * HOUR
    assert Limit.objects.get(allocation=allocation).desired_gpu_minutes == 40 * 60
    [entry] = LedgerEntry.objects.filter(kind="return")
    assert (entry.debit, entry.credit, entry.gpu_seconds) == ("available", "issued", 20 * HOUR)


def test_the_last_months_are_freed_first(quota_admin: Caller, allocation: Allocation) -> None:
    def months() -> dict[date, int]:
        rows = CapacityMonth.objects.filter(pool=allocation.pool, granted__gt=0)
        return dict(rows.values_list("month", "granted"))

    before = months()
    assert give(quota_admin, allocation, "1") == 200
    last = max(before)
    expected = {**before, last: before[last] - HOUR}
    assert months() == {month: amount for month, amount in expected.items() if amount}


def test_what_was_returned_can_be_awarded_again(
    quota_admin: Caller, allocation: Allocation
) -> None:
    CapacityMonth.objects.update(offered=F("granted"))
    give(quota_admin, allocation, "60")
    other = make.make_allocation(pool=allocation.pool)
    assert available(other) == 60 * HOUR


def test_what_is_reserved_is_not_returned(quota_admin: Caller, allocation: Allocation) -> None:
    make.make_job(allocation, gpus=8, minutes=60)
    before = granted(allocation.pool)
    answer = quota_admin.post(
        f"allocations/{allocation.pk}/return-hours", {"gpu_hours": "53", "reason": "all"}
    )
    assert answer.status_code == 409
    assert "Only 52 GPU-h" in answer.json()["detail"]
    assert (available(allocation), granted(allocation.pool)) == (52 * HOUR, before)
    assert give(quota_admin, allocation, "52") == 200
    assert Limit.objects.get(allocation=allocation).desired_gpu_minutes == 8 * 60


def test_what_the_months_hold_never_goes_below_nothing(
    quota_admin: Caller, allocation: Allocation
) -> None:
    for hours in ("59", "0.5", "0.5"):
        assert give(quota_admin, allocation, hours) == 200
    assert (available(allocation), granted(allocation.pool)) == (0, 0)
    assert give(quota_admin, allocation, "0.0003") == 409


def test_a_reason_is_needed(lead: Caller, allocation: Allocation) -> None:
    assert give(lead, allocation, "1", reason=" ") == 400


def test_what_has_ended_has_nothing_to_return(quota_admin: Caller, allocation: Allocation) -> None:
    Allocation.objects.update(state="revoked")
    assert give(quota_admin, allocation, "1") == 409


def test_members_do_not_return_what_their_leads_asked_for(
    member: Caller, allocation: Allocation
) -> None:
    assert give(member, allocation, "1") == 403


def test_to_a_stranger_it_is_not_there(stranger: Caller, allocation: Allocation) -> None:
    assert give(stranger, allocation, "1") == 404

"""What people are told in time, each once: lapse, budget, tokens, late or differing accounting."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils.formats import date_format

from compute.actions.warnings import warn
from compute.models import (
    AccountingCursor,
    AccountingDifference,
    Allocation,
    Balance,
    Cluster,
    Credential,
)
from projects.models import Notice, User
from tests import make
from tests.conftest import Caller

HOUR = 3600


def told(user: User, kind: str) -> list[str]:
    return [row.sentence for row in Notice.objects.filter(user=user, kind=kind).order_by("at")]


def ends_in(days: int) -> datetime:
    """The moment so many days before the only allocation's window ends."""
    end = Allocation.objects.get().ends_at
    return end - timedelta(days=days) + timedelta(hours=1)


@pytest.fixture
def year(allocation: Allocation) -> Allocation:
    """Open for another year, so that it does not lapse."""
    Allocation.objects.update(end=make.today() + timedelta(365))
    return allocation


@pytest.mark.parametrize("days", [30, 14, 7, 1])
def test_leads_are_told_before_it_lapses(lead: Caller, allocation: Allocation, days: int) -> None:
    Allocation.objects.update(end=make.today() + timedelta(60))
    warn(now=ends_in(days + 1))
    before = told(lead.user, "allocation_lapses")
    warn(now=ends_in(days))
    [sentence] = told(lead.user, "allocation_lapses")[len(before) :]
    end = date_format(Allocation.objects.get().end, "DATE_FORMAT")
    assert sentence.startswith("60 GPU-hours of ")
    assert sentence.endswith(f"lapse on {end}.")


def test_each_is_told_once(lead: Caller, allocation: Allocation) -> None:
    for _n in range(3):
        warn(now=ends_in(7))
    assert len(told(lead.user, "allocation_lapses")) == 1


def test_who_comes_late_is_told_the_nearest_alone(lead: Caller, allocation: Allocation) -> None:
    warn(now=ends_in(1))
    assert len(told(lead.user, "allocation_lapses")) == 1


def test_after_an_extension_it_is_told_anew(lead: Caller, allocation: Allocation) -> None:
    warn(now=ends_in(7))
    Allocation.objects.update(end=make.today() + timedelta(90))
    warn(now=ends_in(7))
    assert len(told(lead.user, "allocation_lapses")) == 2


@pytest.mark.parametrize("available", [0, -5])
def test_of_what_is_used_up_nothing_lapses(
    lead: Caller, allocation: Allocation, available: int
) -> None:
    Balance.objects.update(available=available)
    warn(now=ends_in(7))
    assert told(lead.user, "allocation_lapses") == []


@pytest.mark.parametrize(
    ("used", "percents"), [(47, []), (48, ["80"]), (57, ["95"]), (60, ["100"]), (66, ["110"])]
)
def test_the_budget_is_told_at_80_95_and_100_percent(
    lead: Caller, year: Allocation, used: int, percents: list[str]
) -> None:
    Balance.objects.update(used=used * HOUR, available=(60 - used) * HOUR)
    warn(now=make.now())
    warn(now=make.now())
    assert [one.split(" ")[0] for one in told(lead.user, "budget_reached")] == percents


def test_reserved_counts_as_taken(lead: Caller, year: Allocation) -> None:
    Balance.objects.update(reserved=50 * HOUR, available=10 * HOUR)
    warn(now=make.now())
    assert told(lead.user, "budget_reached")[0].startswith("83 % of the GPU-hours")


def test_a_member_and_a_stranger_are_told_nothing(
    member: Caller, stranger: Caller, allocation: Allocation
) -> None:
    Balance.objects.update(used=60 * HOUR, available=1)
    warn(now=ends_in(1))
    assert not Notice.objects.filter(user__in=[member.user, stranger.user]).exists()


def deliver(cluster: Cluster, *, lasts: timedelta) -> Credential:
    make.deliver(cluster, "p1", make.make_jwt("p1", seconds=int(lasts.total_seconds())))
    return Credential.objects.get()


@pytest.mark.parametrize(
    ("lasts", "left", "said"),
    [
        (timedelta(days=60), timedelta(days=8), ""),
        (timedelta(days=60), timedelta(days=6, minutes=5), "ends in 144 hours"),
        (timedelta(days=60), timedelta(hours=23, minutes=5), "ends in 23 hours"),
        (timedelta(days=3), timedelta(hours=23, minutes=5), "ends in 23 hours"),
        (timedelta(hours=1), timedelta(minutes=5), ""),
        (timedelta(hours=1), timedelta(minutes=-1), "has ended; its jobs wait"),
    ],
)
def test_operators_are_told_before_a_token_ends_if_it_lasts_that_long(
    operator: Caller, cluster: Cluster, lasts: timedelta, left: timedelta, said: str
) -> None:
    credential = deliver(cluster, lasts=lasts)
    warn(now=credential.expires_at - left)
    warn(now=credential.expires_at - left)
    sentences = told(operator.user, "credential_ends")
    assert len(sentences) == bool(said)
    assert all(said in sentence for sentence in sentences)


def test_of_a_renewed_token_nobody_hears(operator: Caller, cluster: Cluster) -> None:
    first = deliver(cluster, lasts=timedelta(hours=1))
    deliver(cluster, lasts=timedelta(hours=3))
    warn(now=first.expires_at + timedelta(minutes=1))
    assert told(operator.user, "credential_ends") == []


def test_accounting_that_stands_still_is_told_once_for_each_silence(
    operator: Caller, quota_admin: Caller, year: Allocation
) -> None:
    now = make.now()
    cursor = AccountingCursor.objects.create(
        cluster=year.pool.cluster, read_until=now - timedelta(hours=1)
    )
    warn(now=now)
    assert told(operator.user, "accounting_late") == []
    warn(now=now + timedelta(hours=4))
    warn(now=now + timedelta(hours=9))
    for caller in (operator, quota_admin):
        [sentence] = told(caller.user, "accounting_late")
        assert "was booked for 5 hours" in sentence
    cursor.read_until = now + timedelta(hours=10)
    cursor.save()
    warn(now=now + timedelta(hours=20))
    assert len(told(operator.user, "accounting_late")) == 2


def test_where_nothing_is_to_be_booked_nothing_is_late(operator: Caller, cluster: Cluster) -> None:
    AccountingCursor.objects.create(cluster=cluster, read_until=make.now() - timedelta(9))
    warn(now=make.now())
    assert told(operator.user, "accounting_late") == []


def test_what_a_comparison_found_is_told_once(operator: Caller, year: Allocation) -> None:
    make.make_difference(year)
    make.make_difference(year)
    warn(now=make.now())
    warn(now=make.now())
    [sentence] = told(operator.user, "accounting_late")
    assert "does not agree" in sentence
    AccountingDifference.objects.update(gone_at=make.now())
    assert warn(now=make.now()) == 0


def test_accounting_that_never_began_is_late_too(operator: Caller, year: Allocation) -> None:
    warn(now=make.now() + timedelta(hours=3))
    warn(now=make.now() + timedelta(hours=5))
    [sentence] = told(operator.user, "accounting_late")
    assert "for 3 hours" in sentence

"""A difference of the weekly comparison, booked as the cluster says once a quota admin decides."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from compute.models import (
    AccountingDifference,
    Allocation,
    Balance,
    LedgerEntry,
    UsageRecord,
)
from projects.models import Event, PortalRole
from projects.roles import Role
from tests import make
from tests.compute.bodies import Calls
from tests.conftest import Caller

WHY = {"reason": "sacct -j 7 says so"}


def correct(caller: Caller, difference: AccountingDifference, body: Any = None) -> Any:
    address = f"clusters/{difference.cluster.slug}/accounting/{difference.pk}/correct"
    return caller.post(address, body or WHY)


def used(allocation: Allocation) -> int:
    return Balance.objects.values_list("used", flat=True).get(allocation=allocation)


def booked(allocation: Allocation, amount: int, **values: Any) -> AccountingDifference:
    """A record of so much, booked, and a difference about it."""
    Balance.objects.update(used=amount, available=60 * 3600 - amount)
    UsageRecord.objects.create(
        cluster=allocation.pool.cluster, slurm_job_id=7, submit_time=1, allocation=allocation,
        unix_user="p1", state="COMPLETED", elapsed=10, gpus=1, gpu_seconds=amount,
        observed_at=make.now(),
    )  # fmt: skip
    return make.make_difference(
        allocation, slurm_job_id=7, submit_time=1, booked_gpu_seconds=amount, **values
    )


def test_what_was_missing_is_booked(quota_admin: Caller, allocation: Allocation) -> None:
    difference = make.make_difference(allocation, said_gpu_seconds=50)
    assert correct(quota_admin, difference).status_code == 204
    assert used(allocation) == 50
    [event] = Event.objects.filter(kind="correct_difference")
    assert (event.actor, event.reason) == (quota_admin.user, WHY["reason"])


def test_what_was_too_much_is_taken_back_by_a_reversing_row(
    quota_admin: Caller, allocation: Allocation
) -> None:
    difference = booked(allocation, 80, kind="amount", said_gpu_seconds=50)
    correct(quota_admin, difference)
    assert used(allocation) == 50
    entry = LedgerEntry.objects.get(kind="correct")
    assert (entry.debit, entry.credit, entry.gpu_seconds) == ("used", "available", 30)
    assert UsageRecord.objects.get().gpu_seconds == 50


def test_what_is_gone_there_can_be_taken_back_whole(
    quota_admin: Caller, allocation: Allocation
) -> None:
    difference = booked(allocation, 80, kind="gone", said_gpu_seconds=0)
    correct(quota_admin, difference)
    assert used(allocation) == 0
    assert UsageRecord.objects.get().gpu_seconds == 0


def test_it_is_made_good_once(quota_admin: Caller, allocation: Allocation) -> None:
    difference = make.make_difference(allocation)
    correct(quota_admin, difference)
    assert correct(quota_admin, difference).status_code == 409
    assert used(allocation) == 50


def test_it_is_listed_no_more(quota_admin: Caller, allocation: Allocation) -> None:
    difference = make.make_difference(allocation)
    address = f"clusters/{difference.cluster.slug}/accounting"
    assert len(quota_admin.get(address).json()["differences"]) == 1
    correct(quota_admin, difference)
    assert quota_admin.get(address).json()["differences"] == []


def test_a_reason_is_needed(quota_admin: Caller, allocation: Allocation) -> None:
    difference = make.make_difference(allocation)
    assert correct(quota_admin, difference, {"reason": " "}).status_code == 400
    assert used(allocation) == 0


def test_a_job_without_an_end_is_ended_there(quota_admin: Caller, allocation: Allocation) -> None:
    difference = make.make_difference(allocation, kind="runaway")
    assert correct(quota_admin, difference).status_code == 409


def test_nobody_corrects_their_own_project(caller: Calls, allocation: Allocation) -> None:
    own = make.make_member(allocation.project.lead_group)
    PortalRole.objects.create(user=own, role=Role.QUOTA_ADMIN)
    assert correct(caller(own), make.make_difference(allocation)).status_code == 403
    assert used(allocation) == 0


@pytest.mark.parametrize("who", ["operator", "lead", "coordinator", "stranger"])
def test_others_correct_nothing(
    request: pytest.FixtureRequest, allocation: Allocation, who: str
) -> None:
    caller: Caller = request.getfixturevalue(who)
    assert correct(caller, make.make_difference(allocation)).status_code == 403


def test_a_difference_of_another_cluster_is_not_there(
    quota_admin: Caller, allocation: Allocation
) -> None:
    difference = make.make_difference(allocation)
    other = make.make_cluster()
    address = f"clusters/{other.slug}/accounting/{difference.pk}/correct"
    assert quota_admin.post(address, WHY).status_code == 404


def test_the_page_books_it(quota_admin: Caller, operator: Caller, allocation: Allocation) -> None:
    difference = make.make_difference(allocation)
    page = reverse("cluster", args=[difference.cluster.slug])
    url = reverse("cluster-correct", args=[difference.cluster.slug, difference.pk])
    assert url in quota_admin.as_browser.get(page).content.decode()
    assert url not in operator.as_browser.get(page).content.decode()
    answer = quota_admin.as_browser.post(url, {"correct-reason": "seen"})
    assert answer.status_code == 302
    assert used(allocation) == 50

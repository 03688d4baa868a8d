"""Pages of allocations: what is left and why, and whether the cluster enforces it."""

from __future__ import annotations

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from compute.actions.limits import confirm_limit
from compute.models import Allocation, Cluster, Limit, Pool
from projects.models import Project
from tests import make
from tests.conftest import Caller


def _text(caller: Caller, allocation: Allocation) -> str:
    answer = caller.as_browser.get(reverse("allocation", args=[allocation.pk]))
    return str(answer.content.decode())


def test_the_headline_says_what_is_left_and_when_it_lapses(
    lead: Caller, allocation: Allocation
) -> None:
    make.make_job(allocation, gpus=2, minutes=60)
    text = _text(lead, allocation)
    assert f"58 GPU-h left, lapses on {allocation.end:%-d %B %Y}" in text


def test_the_ledger_tells_where_each_hour_went(lead: Caller, allocation: Allocation) -> None:
    make.make_job(allocation, name="first-try")
    text = _text(lead, allocation)
    assert "pool → available" in text
    assert "available → reserved" in text
    assert "first-try" in text


def test_a_limit_that_waits_for_the_site_shows_the_command(
    lead: Caller, allocation: Allocation
) -> None:
    limit = Limit.objects.get(allocation=allocation)
    limit.move_to("needs_operator", now=make.now(), detail="NotThere", command="sacctmgr -i add …")
    text = _text(lead, allocation)
    assert "waits for the site" in text
    assert "sacctmgr -i add …" in text


def test_what_an_operator_confirmed_is_neither_observed_nor_verified(
    lead: Caller, operator: Caller, allocation: Allocation
) -> None:
    Limit.objects.filter(allocation=allocation).update(observed_gpu_minutes=None)
    Cluster.objects.update(connection="none")
    limit = Limit.objects.get(allocation=allocation)
    limit.move_to("needs_operator", now=make.now(), detail=limit.asked)
    confirm_limit(by=operator.user, limit=limit, remark="", now=make.now())
    text = _text(lead, allocation)
    assert "<dt>observed</dt><dd>–</dd>" in text
    assert "<dt>confirmed by its operator</dt>" in text
    assert "<dt>verified</dt>" not in text


def test_jobs_are_not_offered_to_those_who_only_look(
    guest: Caller, allocation: Allocation
) -> None:
    assert reverse("job-submit", args=[allocation.pk]) not in _text(guest, allocation)


def test_a_stranger_finds_no_allocation(stranger: Caller, allocation: Allocation) -> None:
    address = reverse("allocation", args=[allocation.pk])
    assert stranger.as_browser.get(address).status_code == 404
    assert address not in stranger.as_browser.get("/allocations/").content.decode()


@pytest.mark.parametrize("count", [10, 100])
def test_the_list_costs_the_same_however_long_it_is(
    lead: Caller,
    project: Project,
    pool: Pool,
    quota_admin: Caller,
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _each in range(count):
        make.make_allocation(project, pool, gpu_hours=1, by=quota_admin.user)
    browser = lead.as_browser
    with django_assert_num_queries(9):
        browser.get("/allocations/")

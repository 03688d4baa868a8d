"""The first page of staff: what waits, what is in trouble, where GPU-hours go."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from compute.models import Allocation, Balance, CapacityMonth, MonthlyUse, Request
from compute.quota import month_of, next_month
from projects.models import Project
from registry.actions.cases import recuse
from registry.models import Case, Overlap
from tests import make
from tests.conftest import Caller
from tests.projects.telling import told
from tests.world import World

HOUR = 3600


def see(caller: Caller, **query: str) -> Any:
    return caller.as_browser.get(reverse("overview"), query)


def test_requests_and_grants_wait_in_one_list(quota_admin: Caller, project: Project) -> None:
    make.make_request(project, gpu_hours=100)
    make.make_grant(project)
    work = see(quota_admin).context["work"]
    assert work.count == 2
    assert {item.high for item in work.items} == {100 * HOUR, 500 * HOUR}


def test_a_coordinator_confirms_no_grants(coordinator: Caller, project: Project) -> None:
    make.make_grant(project)
    assert see(coordinator).context["work"].count == 0


def test_a_case_that_waits_on_the_coordinator_is_a_decision(caller: Any, db: None) -> None:
    world = World()
    coordinator = caller(world.people["coordinator"])
    for waiting_on, is_there in (("coordinator", True), ("groups", False)):
        Case.objects.update(waiting_on=waiting_on)
        told = [item.of for item in see(coordinator).context["work"].items]
        assert any(world.case.code in of for of in told) == is_there


def _case_line(caller: Caller, world: World) -> Any:
    Case.objects.update(waiting_on="coordinator")
    items = see(caller).context["work"].items
    return next(item for item in items if item.of.startswith(world.case.code))


def test_a_case_says_which_models_it_is_about_to_those_who_may_know(caller: Any, db: None) -> None:
    world = World()
    Overlap.objects.filter(pk=world.overlap.pk).update(
        stake_low=1234 * HOUR, stake_high=5678 * HOUR
    )
    names = " · ".join(sorted(party.model.name for party in world.case.parties.all()))
    line = _case_line(caller(world.people["coordinator"]), world)
    assert (line.title, line.low, line.high) == (names, 1234 * HOUR, 5678 * HOUR)
    line = _case_line(caller(world.people["quota_admin"]), world)
    assert line.title == world.case.code
    assert (line.low, line.high) == (1000 * HOUR, 6000 * HOUR)


def test_who_stands_aside_no_longer_reads_which_models_it_is_about(caller: Any, db: None) -> None:
    world = World()
    coordinator = world.people["coordinator"]
    recuse(by=coordinator, case=world.case, reason="", now=make.now())
    assert _case_line(caller(coordinator), world).title == world.case.code


def test_the_next_due_stands_first_or_the_most_costly(
    quota_admin: Caller, project: Project
) -> None:
    soon = make.make_request(project, gpu_hours=1)
    Request.objects.update(due_at=make.now() + timedelta(1))
    make.make_request(project, gpu_hours=200)
    first = [see(quota_admin, **q).context["work"].items[0] for q in ({}, {"sort": "stake"})]
    assert first[0].path == reverse("request", args=[soon.pk])
    assert first[1].high == 200 * HOUR


def test_what_is_overdue_is_counted_and_said(quota_admin: Caller, project: Project) -> None:
    make.make_request(project)
    Request.objects.update(due_at=make.now() - timedelta(2))
    page = see(quota_admin)
    assert page.context["work"].overdue == 1
    assert "1 overdue" in page.content.decode()


def test_ten_items_are_shown_of_many(quota_admin: Caller, project: Project) -> None:
    pool = make.make_pool()
    for _n in range(12):
        make.make_request(project, pool, gpu_hours=1)
    work = see(quota_admin).context["work"]
    assert (work.count, len(work.items)) == (12, 10)


@pytest.fixture
def used(project: Project) -> Allocation:
    """Thirty of sixty GPU-hours, in this month."""
    allocation = make.make_allocation(project, gpu_hours=60)
    MonthlyUse.objects.create(
        allocation=allocation, month=month_of(make.today()), gpu_seconds=30 * HOUR
    )
    Balance.objects.filter(allocation=allocation).update(used=30 * HOUR, rolled_up=30 * HOUR)
    return allocation


@pytest.mark.parametrize("by", ["partner", "cluster"])
def test_hours_are_stacked_by_partner_or_cluster(
    coordinator: Caller, used: Allocation, by: str
) -> None:
    chart = see(coordinator, by=by).context["chart"]
    names = {
        "partner": used.project.lead_group.partner.name,
        "cluster": used.pool.cluster.name,
    }
    assert chart.series[0].name == names[by]
    assert len(chart.rows) == 13
    assert chart.rows[6].values[0] == 30 * HOUR
    assert [row.is_ahead for row in chart.rows] == [False] * 7 + [True] * 6


def test_what_is_ahead_is_never_more_than_what_is_granted(
    coordinator: Caller, used: Allocation
) -> None:
    chart = see(coordinator).context["chart"]
    month = next_month(month_of(make.today()))
    granted = CapacityMonth.objects.get(pool=used.pool, month=month).granted
    ahead = chart.rows[7].values
    assert 0 <= ahead[0] <= granted
    assert ahead[0] + ahead[-2] == granted


def test_the_table_beside_the_chart_holds_its_figures(
    coordinator: Caller, used: Allocation
) -> None:
    page = see(coordinator).content.decode()
    assert "data-chart" in page
    assert 'data-value="30.0000"' in page


def test_a_poll_gets_the_moving_part_alone(quota_admin: Caller, project: Project) -> None:
    make.make_request(project)
    answer = quota_admin.as_browser.get(reverse("overview"), headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert 'id="moving"' in page
    assert "<html" not in page
    assert "data-chart" not in page


def test_an_institute_gets_no_work_list(lead: Caller, used: Allocation) -> None:
    page = see(lead)
    assert "work" not in page.context
    answer = lead.as_browser.get(reverse("overview"), headers={"HX-Request": "true"})
    assert 'id="worklist"' not in answer.content.decode()


def test_news_stand_on_the_first_page_until_they_are_read(lead: Caller) -> None:
    notice = told(lead.user, params={"project": "Kogge"})
    assert notice.sentence in see(lead).content.decode()
    lead.as_browser.post(reverse("notice-read", args=[notice.pk]))
    assert notice.sentence not in see(lead).content.decode()


def looks(caller: Caller) -> list[str]:
    return [step.look for step in see(caller).context["first_steps"]]


def test_a_newcomer_is_shown_the_way_to_the_first_job(member: Caller, project: Project) -> None:
    assert looks(member) == ["now", "later", "later", "later", "later", "later"]
    make.make_model(project)
    assert looks(member)[:2] == ["done", "now"]
    allocation = make.make_allocation(project)
    assert looks(member) == ["done"] * 4 + ["now", "later"]
    job = make.make_job(allocation)
    assert looks(member) == ["done"] * 5 + ["now"]
    job.__class__.objects.update(state="completed")
    assert looks(member) == []


def _primary(caller: Caller) -> list[str]:
    head = see(caller).content.decode().split('class="do"')[1].split("</div>")[0]
    return re.findall(r'btn-primary" href="([^"]*)"', head)


def test_what_is_next_is_the_first_button_and_nothing_while_others_are_at_it(
    lead: Caller, project: Project
) -> None:
    assert _primary(lead) == [reverse("model-plan")]
    make.make_model(project)
    assert _primary(lead) == [reverse("request-new")]
    make.make_request(project)
    assert _primary(lead) == []
    assert "others are at it" in see(lead).content.decode()
    make.make_allocation(project)
    assert _primary(lead) == [reverse("job-new")]


def test_a_guest_is_shown_no_way_that_is_closed(guest: Caller, project: Project) -> None:
    assert looks(guest) == []

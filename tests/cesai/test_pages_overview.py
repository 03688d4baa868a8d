"""The first page: for strangers what this is, for institutes their work, for staff what waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from compute.models import Cluster, ClusterHealth
from projects.models import Group, Project, User
from registry.models import Case
from tests import make
from tests.conftest import Caller, new_client
from tests.overlap.similar import case_about, flagged_pair


def _text(caller: Caller) -> str:
    return str(caller.as_browser.get("/").content.decode())


def test_without_a_log_in_it_says_what_this_is(db: None) -> None:
    text = new_client().get("/").content.decode()
    assert "Groups register the models they plan" in text
    assert "Log in" in text


def test_an_institute_sees_what_is_left_and_when_it_lapses(lead: Caller, project: Project) -> None:
    allocation = make.make_allocation(project)
    text = _text(lead)
    assert f"lapses on {allocation.end:%-d %B %Y}" in text
    assert "of 60 GPU-h granted" in text


def test_an_empty_overview_says_what_to_do_next(lead: Caller) -> None:
    assert "No allocation yet" in _text(lead)
    assert "/requests/new/" in _text(lead)


def test_a_partner_admin_finds_the_groups_of_the_partner(
    group: Group, stranger: Caller, caller: Callable[[User], Caller]
) -> None:
    text = _text(caller(make.make_partner_admin(group.partner)))
    assert f"/groups/{group.pk}/" in text
    assert "Theirs" not in text


def test_staff_read_how_many_decisions_wait(coordinator: Caller) -> None:
    make.make_request()
    make.make_request()
    make.make_request(submitted=False)
    assert "2 decisions wait" in _text(coordinator)


def test_a_case_that_is_late_is_said_to_be_overdue(coordinator: Caller) -> None:
    case = case_about(flagged_pair(), by=coordinator.user)
    assert "overdue" not in _text(coordinator)
    Case.objects.filter(pk=case.pk).update(due_at=make.now() - timedelta(days=1))
    assert "overdue" in _text(coordinator)


def test_a_silent_cluster_is_in_trouble(coordinator: Caller) -> None:
    pool = make.make_pool()
    assert "has not answered yet" in _text(coordinator)
    ClusterHealth.objects.filter(cluster=pool.cluster).update(answered_at=make.now())
    assert "All connected clusters answer, and all awards are in force." in _text(coordinator)


def test_who_is_both_sees_both(lead: Caller, project: Project) -> None:
    make.make_allocation(project)
    lead.user.portal_roles.create(role="coordinator")
    text = _text(lead)
    assert "Nothing waits for a decision" in text
    assert "What is left" in text


def test_an_operator_sees_the_command_that_waits(
    operator: Caller, cluster: Cluster, project: Project
) -> None:
    allocation = make.make_allocation(project, make.make_pool(cluster), in_force=False)
    allocation.limit.move_to("needs_operator", now=make.now(), command="sacctmgr -i add account")
    assert "sacctmgr -i add account" in _text(operator)


def test_nothing_of_others_reaches_a_stranger(stranger: Caller, project: Project) -> None:
    make.make_allocation(project)
    assert project.title not in _text(stranger)


@pytest.mark.parametrize("count", [2, 20])
def test_it_costs_the_same_however_much_there_is(
    lead: Caller, project: Project, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _each in range(count):
        make.make_job(make.make_allocation(project, gpu_hours=1))
        make.make_request(project)
        make.make_model(project)
    browser = lead.as_browser
    with django_assert_num_queries(19):  # six of them only until the first job has finished
        browser.get("/")


def test_it_speaks_the_readers_language(lead: Caller, project: Project) -> None:
    allocation = make.make_allocation(project, make.make_pool(gpu_hours=5000), gpu_hours=2000)
    answer = lead.as_browser.get("/", headers={"Accept-Language": "de"})
    text = answer.content.decode()
    assert f"verfällt am {allocation.end.day}. " in text
    assert "2.000" in text

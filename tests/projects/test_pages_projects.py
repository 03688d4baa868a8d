"""Pages of projects: opening one, changing it, and letting groups take part."""

from __future__ import annotations

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from projects.models import Group, Project
from tests import make
from tests.conftest import Caller


def test_a_lead_opens_a_project(lead: Caller, group: Group) -> None:
    form = {"title": "Tide", "slug": "tide", "abstract": "", "visibility": "partners"}
    answer = lead.as_browser.post(reverse("project-new", args=[group.pk]), form)
    assert answer.headers["Location"] == "/projects/tide/"


def test_a_taken_short_name_is_told_beside_its_field(
    lead: Caller, group: Group, project: Project
) -> None:
    form = {"title": "Tide and moon", "slug": project.slug, "visibility": "partners"}
    answer = lead.as_browser.post(reverse("project-new", args=[group.pk]), form)
    assert answer.status_code == 409
    assert "Taken." in answer.content.decode()
    assert 'value="Tide and moon"' in answer.content.decode()


def test_a_change_is_shown(lead: Caller, project: Project) -> None:
    form = {"title": "Renamed", "abstract": "Why", "visibility": "project"}
    lead.as_browser.post(reverse("project-edit", args=[project.slug]), form)
    assert "Renamed" in lead.as_browser.get(f"/projects/{project.slug}/").content.decode()


def test_a_group_takes_part_and_leaves(lead: Caller, stranger: Caller, project: Project) -> None:
    other = make.make_group()
    lead.as_browser.post(reverse("participant-add", args=[project.slug]), {"group": other.pk})
    assert list(project.participants.all()) == [other]
    address = reverse("participant-remove", args=[project.slug, other.pk])
    lead.as_browser.post(address)
    assert not project.participants.exists()


def test_a_stranger_finds_no_project(stranger: Caller, project: Project) -> None:
    assert stranger.as_browser.get(f"/projects/{project.slug}/").status_code == 404
    assert project.title not in stranger.as_browser.get("/projects/").content.decode()


@pytest.mark.parametrize("count", [10, 100])
def test_the_list_costs_the_same_however_long_it_is(
    lead: Caller, group: Group, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _each in range(count):
        make.make_project(group)
    browser = lead.as_browser
    with django_assert_num_queries(6):
        browser.get("/projects/")

"""Initiatives, which coordinators keep, and the funding of projects."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from projects.actions.initiatives import Share
from projects.models import Event, Initiative, Project
from tests import make
from tests.conftest import Caller

BODY = {
    "slug": "leam-1",
    "name": "LEAM stage 1",
    "start": "2026-01-01",
    "end": "2028-01-01",
    "funding": [{"funder": "Federal ministry", "percent": "60"}, {"funder": "EU", "percent": 40}],
}


def _refused(answer: Any, field: str) -> str:
    assert answer.status_code in (400, 409)
    return str(answer.json()["errors"][field])


def test_a_coordinator_enters_one_with_who_pays(coordinator: Caller) -> None:
    answer = coordinator.post("initiatives/", BODY)
    assert answer.status_code == 201
    shares = [(share["funder"], share["percent"]) for share in answer.json()["funding"]]
    assert shares == [("Federal ministry", "60.00"), ("EU", "40.00")]
    assert Event.objects.filter(kind="keep_initiative", actor=coordinator.user).exists()


def test_everybody_who_is_signed_in_reads_it(stranger: Caller) -> None:
    initiative = make.make_initiative()
    answer = stranger.get(f"initiatives/{initiative.slug}")
    assert answer.json()["name"] == initiative.name


def test_its_facts_are_brought_up_to_date(coordinator: Caller) -> None:
    initiative = make.make_initiative()
    answer = coordinator.put(f"initiatives/{initiative.slug}", BODY)
    assert answer.json()["id"] == str(initiative.pk)
    assert answer.json()["slug"] == "leam-1"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"end": "2025-01-01"}, "end"),
        ({"funding": [{"funder": "A", "percent": 60}, {"funder": "B", "percent": 41}]}, "funding"),
        ({"funding": [{"funder": "A", "percent": 0}]}, "funding"),
        ({"funding": [{"funder": "A", "percent": 5}, {"funder": "a", "percent": 5}]}, "funding"),
        ({"slug": "two words"}, "slug"),
        ({"page": "javascript:alert(1)"}, "page"),
    ],
)
def test_what_cannot_be_is_refused(
    coordinator: Caller, values: dict[str, Any], field: str
) -> None:
    assert _refused(coordinator.post("initiatives/", {**BODY, **values}), field)
    assert not Initiative.objects.exists()


@pytest.mark.parametrize("field", ["slug", "name"])
def test_a_name_is_given_once(coordinator: Caller, field: str) -> None:
    make.make_initiative(**{"name": "Other", field: str(BODY[field])})
    assert "taken" in _refused(coordinator.post("initiatives/", BODY), field)


def test_a_stage_has_no_stages(coordinator: Caller) -> None:
    top = make.make_initiative()
    stage = make.make_initiative(parent=top)
    answer = coordinator.post("initiatives/", {**BODY, "stage_of": str(stage.pk)})
    assert _refused(answer, "parent")
    body = {**BODY, "stage_of": str(make.make_initiative().pk)}
    assert _refused(coordinator.put(f"initiatives/{top.slug}", body), "parent")
    body = {**BODY, "stage_of": str(stage.pk)}
    assert _refused(coordinator.put(f"initiatives/{stage.slug}", body), "parent")


def test_one_that_nothing_belongs_to_is_dropped(coordinator: Caller) -> None:
    initiative = make.make_initiative()
    assert coordinator.delete(f"initiatives/{initiative.slug}").status_code == 204


def test_one_with_projects_stays(coordinator: Caller, project: Project) -> None:
    initiative = make.make_initiative()
    Project.objects.update(initiative=initiative)
    assert coordinator.delete(f"initiatives/{initiative.slug}").status_code == 409
    coordinator.as_browser.post(reverse("initiative-drop", args=[initiative.slug]))
    assert Initiative.objects.filter(pk=initiative.pk).exists()


@pytest.mark.parametrize("who", ["quota_admin", "lead", "operator", "stranger", "portal_admin"])
def test_others_keep_none(request: pytest.FixtureRequest, who: str) -> None:
    caller: Caller = request.getfixturevalue(who)
    initiative = make.make_initiative()
    assert caller.post("initiatives/", BODY).status_code == 403
    assert caller.put(f"initiatives/{initiative.slug}", BODY).status_code == 403
    assert caller.delete(f"initiatives/{initiative.slug}").status_code == 403


def test_a_lead_says_what_a_project_belongs_to_and_who_pays(
    lead: Caller, project: Project
) -> None:
    initiative = make.make_initiative()
    body = {"initiative": str(initiative.pk), "funding": [{"funder": "NRW", "percent": "12.5"}]}
    answer = lead.patch(f"projects/{project.slug}", body)
    assert answer.json()["initiative"] == str(initiative.pk)
    assert answer.json()["funding"] == [{"funder": "NRW", "percent": "12.50"}]
    event = Event.objects.get(kind="update_project")
    assert event.changes["initiative"] == [None, initiative.slug]
    assert event.changes["funding"] == ["", "NRW: 12.50 %"]


def test_a_project_without_shares_is_funded_as_its_programme(
    lead: Caller, coordinator: Caller, project: Project
) -> None:
    top = Initiative.objects.get(slug=coordinator.post("initiatives/", BODY).json()["slug"])
    Project.objects.update(initiative=make.make_initiative(parent=top))
    funders = [share["funder"] for share in lead.get(f"projects/{project.slug}").json()["funding"]]
    assert funders == ["Federal ministry", "EU"]


def test_projects_are_found_by_their_initiative(lead: Caller, project: Project) -> None:
    initiative = make.make_initiative()
    Project.objects.update(initiative=initiative)
    make.make_project(project.lead_group)
    rows = lead.get(f"projects/?initiative__slug={initiative.slug}").json()["results"]
    assert [row["slug"] for row in rows] == [project.slug]


def test_the_form_keeps_lines_that_it_does_not_understand(lead: Caller, project: Project) -> None:
    path = reverse("project-edit", args=[project.slug])
    form = {"title": "New", "visibility": "project", "funding": "NRW: 12,5 %\nthe EU, mostly"}
    answer = lead.as_browser.post(path, form)
    assert answer.status_code == 400
    assert "Line 2" in answer.content.decode()
    assert "the EU, mostly" in answer.content.decode()
    assert not project.funding.exists()
    lead.as_browser.post(path, {**form, "funding": "NRW: 12,5 %\n\nEU;40"})
    assert [str(share) for share in project.funding.all()] == ["EU: 40.00 %", "NRW: 12.50 %"]
    assert "NRW: 12.50" in lead.as_browser.get(path).content.decode()


def test_the_roadmap_counts_what_one_may_see(
    coordinator: Caller, stranger: Caller, project: Project
) -> None:
    top = make.make_initiative("LEAM")
    Project.objects.update(initiative=make.make_initiative("Stage 1", parent=top))
    make.make_allocation(project, gpu_hours=60)
    make.make_model(project)
    for caller, projects, granted in ((coordinator, 1, 216_000), (stranger, 0, 0)):
        bars = caller.as_browser.get(reverse("initiatives")).context["axis"].bars
        found = [(bar.span.of["projects"], bar.span.of["granted"]) for bar in bars]
        assert found == [(projects, granted)] * 2
    page = coordinator.as_browser.get(reverse("initiative", args=[top.slug]))
    assert [row.pk for row, *_sums in page.context["projects"]] == [project.pk]


def test_a_project_page_names_its_initiative(lead: Caller, project: Project) -> None:
    initiative = make.make_initiative("IPCEI")
    Project.objects.update(initiative=initiative)
    page = lead.as_browser.get(reverse("project", args=[project.slug])).content.decode()
    assert reverse("initiative", args=[initiative.slug]) in page


def test_its_page_shows_who_pays_what(stranger: Caller) -> None:
    shares = [Share("EU", Decimal("33.33")), Share("NRW", Decimal(20))]
    initiative = make.make_initiative(funding=shares)
    page = stranger.as_browser.get(reverse("initiative", args=[initiative.slug]))
    assert page.status_code == 200
    assert "EU" in page.content.decode()
    assert 'width="33.330"' in page.content.decode()

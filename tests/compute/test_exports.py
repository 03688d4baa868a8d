"""Lists as CSV: what the page lists, all of it, and nothing that one may not see."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.urls import reverse

from compute.actions.calls import keep_call
from projects.models import Partner, Project
from registry.actions.cases import open_case
from registry.models import Competences, Overlap
from tests import make
from tests.conftest import Caller


def rows(caller: Caller, route: str, **query: str) -> list[dict[str, str]]:
    answer: Any = caller.as_browser.get(reverse(route), {**query, "format": "csv"})
    assert answer["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))


@pytest.fixture
def overlap(project: Project) -> Overlap:
    a, b = sorted((make.make_model(project), make.make_model(project)), key=lambda one: one.pk)
    return Overlap.objects.create(
        a=a, b=b, probability=0.9, kind="overlap", reasons=[], is_live=True, found_by_a=True,
        found_by_b=True, stake_low=3600, stake_high=7200, weights_version="w",
        found_at=make.now(), assessed_at=make.now(),
    )  # fmt: skip


@pytest.fixture
def work(project: Project) -> Any:
    allocation = make.make_allocation(project, gpu_hours=60)
    return make.make_job(allocation, name="=run")


def test_requests_with_what_was_asked(lead: Caller, work: Any) -> None:
    [row] = rows(lead, "requests")
    assert (row["project"], row["state"], row["asked_gpu_hours"]) == ("ours", "awarded", "60")


def test_allocations_with_what_is_left(lead: Caller, work: Any) -> None:
    [row] = rows(lead, "allocations")
    left = float(row["available_gpu_hours"]) + float(row["reserved_gpu_hours"])
    assert (row["granted_gpu_hours"], left, row["limit"]) == ("60", 60, "in_force")


def test_jobs_whose_names_are_no_formulas(lead: Caller, work: Any) -> None:
    [row] = rows(lead, "jobs")
    assert (row["id"], row["name"], row["used_gpu_hours"]) == (str(work.pk), "'=run", "")


def test_the_filters_of_the_page_hold(lead: Caller, work: Any) -> None:
    assert rows(lead, "jobs", state="completed") == []
    assert rows(lead, "requests", state="denied") == []


def test_all_rows_come_and_not_a_page(lead: Caller, project: Project) -> None:
    pool = make.make_pool()
    for _n in range(52):
        make.make_request(project, pool, gpu_hours=1)
    assert len(rows(lead, "requests")) == 52


@pytest.mark.parametrize("route", ["requests", "allocations", "jobs"])
def test_a_stranger_gets_the_heads_alone(stranger: Caller, work: Any, route: str) -> None:
    assert rows(stranger, route) == []


@pytest.mark.parametrize("route", ["requests", "allocations", "jobs"])
def test_the_page_offers_it(lead: Caller, work: Any, route: str) -> None:
    assert 'value="csv"' in lead.as_browser.get(reverse(route)).content.decode()


def test_clusters_with_a_row_for_each_pool(lead: Caller, work: Any) -> None:
    pool = make.make_pool()
    found = {row["pool"]: row for row in rows(lead, "clusters")}
    assert (found[pool.slug]["slug"], found[pool.slug]["gpus"]) == (
        pool.cluster.slug,
        str(pool.gpu_count),
    )


def test_projects_that_one_may_see(lead: Caller, stranger: Caller, project: Project) -> None:
    assert [row["slug"] for row in rows(lead, "projects")] == ["ours"]
    assert rows(stranger, "projects") == []


def test_partners_by_the_filters(lead: Caller) -> None:
    far = make.make_partner()
    Partner.objects.filter(pk=far.pk).update(country="FR")
    assert [row["slug"] for row in rows(lead, "partners", country="FR")] == [far.slug]


def test_groups_with_what_they_say_they_can(lead: Caller, project: Project) -> None:
    group = project.lead_group
    Competences.objects.create(group=group, languages=["de", "fr"], updated_at=make.now())
    found = {row["id"]: row for row in rows(lead, "groups")}
    assert found[str(group.pk)]["languages"] == "de fr"


def test_cases_without_names_of_persons(coordinator: Caller, overlap: Overlap) -> None:
    case = open_case(by=coordinator.user, overlaps=[overlap], now=make.now())
    [row] = rows(coordinator, "cases")
    assert (row["code"], row["state"]) == (case.code, "open")
    assert not {"owner", "deputy", "opened_by", "decided_by"} & set(row)


def test_similar_efforts_and_the_stake_for_those_who_decide(
    coordinator: Caller, lead: Caller, overlap: Overlap
) -> None:
    [row] = rows(coordinator, "overlaps")
    assert {row["a"], row["b"]} == {overlap.a.qualified, overlap.b.qualified}
    assert float(row["stake_high_gpu_hours"]) == 2.0
    assert all("stake" not in head for head in rows(lead, "overlaps")[0])


def test_calls_and_templates(lead: Caller, coordinator: Caller) -> None:
    keep_call(by=coordinator.user, board="GCS", title="Spring", now=make.now())
    assert [row["title"] for row in rows(lead, "calls")] == ["Spring"]
    assert rows(lead, "templates") == []

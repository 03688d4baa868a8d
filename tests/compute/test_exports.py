"""Lists as CSV: what the page lists, all of it, and nothing that one may not see."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.urls import reverse

from projects.models import Project
from tests import make
from tests.conftest import Caller


def rows(caller: Caller, route: str, **query: str) -> list[dict[str, str]]:
    answer: Any = caller.as_browser.get(reverse(route), {**query, "format": "csv"})
    assert answer["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))


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

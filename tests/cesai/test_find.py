"""One search over everything that has a name, as far as one may see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from projects.models import Group, Project, User
from registry.models import Case
from tests import make
from tests.conftest import Caller


def find(caller: Caller, q: str, **headers: str) -> Any:
    return caller.as_browser.get(reverse("find"), {"q": q}, headers=headers)


def names(caller: Caller, q: str) -> set[str]:
    return {hit.name for _kind, hits in find(caller, q).context["found"] for hit in hits}


def test_it_finds_what_has_the_name(lead: Caller, project: Project, group: Group) -> None:
    Project.objects.update(title="Kogge effort")
    make.make_model(project, name="Kogge-9B")
    make.make_cluster(name="Kogge cluster")
    make.make_initiative("Kogge programme")
    found = names(lead, "kogge")
    assert found >= {"Kogge effort", "Kogge-9B", "Kogge cluster", "Kogge programme"}


def test_it_finds_pages_in_the_readers_language(lead: Caller) -> None:
    assert "Capacity" in names(lead, "capac")
    german = find(lead, "kontin", **{"Accept-Language": "de"}).context["found"]
    assert "Kontingente" in {hit.name for _kind, hits in german for hit in hits}


def test_a_stranger_finds_nothing_of_it(stranger: Caller, project: Project) -> None:
    Project.objects.update(title="Kogge effort")
    make.make_model(project, name="Kogge-9B")
    allocation = make.make_allocation(project)
    job = make.make_job(allocation, name="Kogge run")
    assert names(stranger, "kogge") == set()
    assert names(stranger, str(job.pk)) == set()


def test_who_belongs_nowhere_finds_no_group_and_no_cluster(
    caller: Callable[[User], Caller], stranger: Caller
) -> None:
    make.make_group(name="Kogge group")
    make.make_cluster(name="Kogge cluster")
    assert names(stranger, "kogge") == {"Kogge group", "Kogge cluster"}
    assert names(caller(make.make_user()), "kogge") == set()


def test_a_case_is_found_by_its_code_by_whom_it_concerns(
    coordinator: Caller, stranger: Caller
) -> None:
    now = make.now()
    case = Case.objects.create(opened_at=now, due_at=now, holds_until=now)
    assert case.code in names(coordinator, case.code)
    assert names(stranger, case.code) == set()


def test_a_job_is_found_by_its_number(lead: Caller, project: Project) -> None:
    job = make.make_job(make.make_allocation(project), name="run")
    job.__class__.objects.update(slurm_job_id=4711)
    assert names(lead, "4711") == {"run"}
    assert names(lead, str(job.pk)) == {"run"}


@pytest.mark.parametrize("q", ["", "k", "  k ", "\0", "%", "'; drop", "9" * 90])
def test_any_text_is_a_question(lead: Caller, q: str) -> None:
    assert find(lead, q).status_code == 200


def test_the_dialog_gets_the_hits_alone(lead: Caller) -> None:
    page = find(lead, "capacity", **{"HX-Request": "true"}).content.decode()
    assert "<html" not in page
    assert reverse("capacity") in page


def test_nothing_found_is_said(lead: Caller) -> None:
    assert "Nothing of this name" in find(lead, "xyzzy").content.decode()

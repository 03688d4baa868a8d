"""Pages of models: planning in a browser, and what the page of a model tells whom."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from projects.models import Group, Project
from registry.models import Derivation, Model
from tests import make
from tests.conftest import Caller


@pytest.fixture
def typed(group: Group) -> dict[str, Any]:
    return {
        "name": "Hanse-9B",
        "group": group.pk,
        "visibility": "group",
        "training_mode": "unknown",
        "parent_kind": "unknown",
    }


def _page(model: Model) -> str:
    return reverse("model", args=[model.pk])


def test_a_name_is_enough_and_the_page_names_what_is_not_known(
    member: Caller, typed: dict[str, Any]
) -> None:
    answer = member.as_browser.post("/models/plan/", typed)
    text = member.as_browser.get(answer.headers["Location"]).content.decode()
    assert "7 facts are not known yet" in text


@pytest.mark.parametrize(
    ("written", "meant"),
    [("9B", 9 * 10**9), ("7.5 T", 75 * 10**11), ("350m", 350 * 10**6), ("12345", 12345)],
)
def test_counts_are_read_as_people_write_them(
    member: Caller, typed: dict[str, Any], written: str, meant: int
) -> None:
    member.as_browser.post("/models/plan/", {**typed, "parameters": written})
    assert Model.objects.get().parameters == meant


def test_lists_are_read_with_any_separator(member: Caller, typed: dict[str, Any]) -> None:
    member.as_browser.post("/models/plan/", {**typed, "languages": "de, EN fr;de"})
    assert Model.objects.get().languages == ["de", "en", "fr"]


def test_a_bad_fact_is_told_and_all_that_was_typed_stays(
    member: Caller, typed: dict[str, Any]
) -> None:
    wrong = {**typed, "languages": "de, Klingonisch", "parameters": "many"}
    answer = member.as_browser.post("/models/plan/", wrong)
    text = answer.content.decode()
    assert answer.status_code == 400
    assert "“klingonisch”" in text
    assert "Write a number such as 9B" in text
    assert 'value="Hanse-9B"' in text


def test_a_taken_name_is_refused_on_the_form(member: Caller, typed: dict[str, Any]) -> None:
    member.as_browser.post("/models/plan/", typed)
    answer = member.as_browser.post("/models/plan/", typed)
    assert answer.status_code == 409
    assert "Your group already has a model named “Hanse-9B”" in answer.content.decode()


def test_the_form_of_a_change_shows_counts_as_they_were_written(
    member: Caller, project: Project
) -> None:
    model = make.make_model(project, parameters=9 * 10**9, tokens=75 * 10**11, languages=["de"])
    text = member.as_browser.get(reverse("model-edit", args=[model.pk])).content.decode()
    assert 'value="9B"' in text
    assert 'value="7.5T"' in text


def test_a_private_parent_has_no_name_on_its_childs_page(
    stranger: Caller, member: Caller, project: Project
) -> None:
    parent = make.make_model(project, name="Secret-base", visibility="group")
    child = make.make_model(project, name="Child", visibility="public")
    Derivation.objects.create(
        child=child.versions.get(), parent=parent.versions.get(), literal="Secret-base"
    )
    assert "Secret-base" in member.as_browser.get(_page(child)).content.decode()
    assert "Secret-base" not in stranger.as_browser.get(_page(child)).content.decode()


def test_a_public_model_does_not_tell_of_its_private_project(
    stranger: Caller, project: Project
) -> None:
    model = make.make_model(project, visibility="public")
    assert project.title not in stranger.as_browser.get(_page(model)).content.decode()


def test_a_stranger_finds_no_private_model(stranger: Caller, project: Project) -> None:
    model = make.make_model(project, name="Quiet-1B")
    assert stranger.as_browser.get(_page(model)).status_code == 404
    assert "Quiet-1B" not in stranger.as_browser.get("/models/?name=Quiet").content.decode()


@pytest.mark.parametrize("count", [10, 100])
def test_the_list_costs_the_same_however_long_it_is(
    member: Caller,
    project: Project,
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _each in range(count):
        make.make_model(project)
    browser = member.as_browser
    with django_assert_num_queries(6):
        browser.get("/models/")

"""Groups say what they can do, and are found by it and by their models."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from projects.models import Event, Group
from registry.models import Competences
from tests import make
from tests.conftest import Caller

FORM = {"languages": "de en", "tasks": "asr", "domains": "radiology", "text": "x-rays",
        "is_open": "on"}  # fmt: skip


def describe(caller: Caller, group: Group, **form: str) -> Any:
    return caller.as_browser.post(reverse("group-describe", args=[group.pk]), {**FORM, **form})


def ask(caller: Caller, q: str) -> Any:
    return caller.as_browser.get(reverse("groups"), {"q": q}).context


def test_a_lead_says_it_in_words_of_ours(lead: Caller, group: Group) -> None:
    assert describe(lead, group).status_code == 302
    row = Competences.objects.get()
    assert (row.languages, row.tasks, row.domains) == (
        ["de", "en"], ["speech-recognition"], ["radiology"],
    )  # fmt: skip
    assert Event.objects.filter(kind="describe_group", object_id=group.pk).exists()
    page = lead.as_browser.get(reverse("group", args=[group.pk])).content.decode()
    assert "x-rays" in page


def test_a_word_that_is_none_is_refused_with_near_ones(lead: Caller, group: Group) -> None:
    answer = describe(lead, group, domains="radiologie")
    assert answer.status_code == 400
    assert "radiology" in answer.content.decode()
    assert "radiologie" in answer.content.decode()
    assert not Competences.objects.exists()


@pytest.mark.parametrize("field", ["languages", "tasks", "domains"])
def test_words_with_strange_letters_are_refused(lead: Caller, group: Group, field: str) -> None:
    assert describe(lead, group, **{field: "<b>"}).status_code == 400


def test_a_member_does_not_speak_for_the_group(member: Caller, group: Group) -> None:
    assert describe(member, group).status_code == 403


def test_a_stranger_does_not_speak_for_the_group(stranger: Caller, group: Group) -> None:
    assert describe(stranger, group).status_code == 403


def test_a_group_is_found_by_what_it_says(lead: Caller, stranger: Caller, group: Group) -> None:
    describe(lead, group)
    [found] = ask(stranger, "Who can do German medical speech?")["found"]
    assert found.group == group
    assert len(found.said) == 3


def test_what_covers_more_stands_first(lead: Caller, group: Group) -> None:
    describe(lead, group)
    other = make.make_group(name="All of it")
    make.make_model(
        make.make_project(other), visibility="public", languages=["de"], domains=["health"],
        tasks=["speech"], name="Ohr",
    )  # fmt: skip
    half = make.make_group(name="Half")
    Competences.objects.create(group=half, languages=["de"], updated_at=make.now())
    context = ask(lead, "German medical speech")
    assert [found.group.name for found in context["found"]] == ["All of it", group.name, "Half"]
    assert [model.name for model in context["found"][0].shown] == ["Ohr"]


def test_models_that_one_may_not_see_show_nothing(stranger: Caller, group: Group) -> None:
    make.make_model(make.make_project(group), languages=["de"], domains=["health"])
    assert ask(stranger, "German health")["found"] == []


def test_who_belongs_to_no_partner_finds_nobody(lead: Caller, group: Group, caller: Any) -> None:
    describe(lead, group)
    loner = caller(make.make_user("loner"))
    assert ask(loner, "German")["found"] == []


def test_what_is_no_word_of_ours_is_sought_in_names(lead: Caller, group: Group) -> None:
    make.make_group(name="Whale songs")
    page = ask(lead, "whale")["page"]
    assert [row.name for row in page.rows] == ["Whale songs"]


def test_what_was_not_understood_is_said(lead: Caller, group: Group) -> None:
    page = lead.as_browser.get(reverse("groups"), {"q": "German whales"}).content.decode()
    assert "not understood" in page
    assert "whales" in page


def test_many_groups_take_as_many_queries_as_few(lead: Caller, group: Group) -> None:
    counts = []
    for n in range(12):
        other = make.make_group(name=f"G{n}")
        Competences.objects.create(group=other, languages=["de"], updated_at=make.now())
        with CaptureQueriesContext(connection) as queries:
            assert len(ask(lead, "German")["found"]) == n + 1
        counts.append(len(queries))
    assert counts[1] == counts[-1]

"""Filters of the list of models, and the search for words in German and English."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from projects.models import Group, Project
from registry.models import Model
from tests import make
from tests.conftest import Caller


@pytest.fixture
def owl(project: Project) -> Model:
    """What every filter of this file finds, next to a model that none of them finds."""
    make.make_model(make.make_project(project.lead_group), name="Nobody", visibility="public")
    return make.make_model(
        project, name="Eule-7B", visibility="public", languages=["de", "frr"],
        tasks=["speech-recognition"], domains=["municipal-services"], modality_in=["speech"],
        modality_out=["text"], training_mode="finetune", licence="Apache-2.0",
        parameters=7 * 10**9, hub_id="org/eule", architecture="Conformer",
        description="Versteht gesprochene Verwaltungssprache in Häfen",
        intended_users="harbour masters", datasets=["Common Voice"],
    )  # fmt: skip


def _names(caller: Caller, query: str) -> list[str]:
    answer = caller.get(f"models/{query}")
    assert answer.status_code == 200, answer.content
    return [row["name"] for row in answer.json()["results"]]


@pytest.mark.parametrize(
    ("found", "missed"),
    [
        ("modality_in=speech", "modality_in=image"),
        ("modality_out=text", "modality_out=video"),
        ("languages=frr", "languages=fr"),
        ("tasks=speech-recognition", "tasks=speech"),
        ("domains=municipal-services", "domains=law"),
        ("training_mode=finetune", "training_mode=merged"),
        ("licence=apache-2.0", "licence=apache"),
        ("parameters_min=7000000000", "parameters_min=7000000001"),
        ("parameters_max=7000000000", "parameters_max=6999999999"),
        ("hub_id=org/eule", "hub_id=org/uhu"),
        ("name=Eule-7B", "name=eule-7b"),
        ("name__icontains=eule", "name__icontains=uhu"),
        ("project__slug=ours", "project__slug=theirs"),
        ("languages=de&tasks=speech-recognition", "languages=de&tasks=chat"),
        ("state=planned&licence=Apache-2.0", "state=released"),
    ],
)
def test_a_filter_finds_what_fits_and_nothing_else(
    member: Caller, owl: Model, found: str, missed: str
) -> None:
    assert _names(member, f"?{found}") == ["Eule-7B"]
    assert "Eule-7B" not in _names(member, f"?{missed}")


def test_models_are_found_by_their_owner(
    member: Caller, owl: Model, group: Group, project: Project
) -> None:
    assert _names(member, f"?project={project.pk}") == ["Eule-7B"]
    assert _names(member, f"?qualified={owl.qualified}") == ["Eule-7B"]
    assert len(_names(member, f"?group={group.pk}")) == 2
    assert len(_names(member, f"?partner={group.partner.slug}")) == 2
    assert _names(member, "?partner=nobody") == []


def test_models_are_found_by_their_base(member: Caller, owl: Model, project: Project) -> None:
    child = make.make_model(project, name="Child")
    grandchild = make.make_model(project, name="Grandchild")
    make.make_edge(child, owl)
    make.make_edge(make.make_version(child), owl, "merge")
    make.make_edge(grandchild, child)

    assert _names(member, f"?base={owl.pk}") == ["Child"]


@pytest.mark.parametrize(
    "query",
    [
        "?state=magic", "?modality_out=smell", "?training_mode=magic", "?base=x", "?group=x",
        "?parameters_min=many", "?languages=german", "?tasks=" + "x" * 41, "?q=" + "x" * 201,
        "?name=%00", "?languages=%00",
    ],
)  # fmt: skip
def test_a_filter_that_cannot_be_read_is_refused(member: Caller, owl: Model, query: str) -> None:
    assert member.get(f"models/{query}").status_code == 400


def _hits(caller: Caller, words: str) -> list[str]:
    return _names(caller, f"?q={quote(words)}")


@pytest.mark.parametrize(
    "words",
    [
        "Spracherkennung", "speech recognition", "speech-recognition",  # its task
        "kommunale Dienste", "municipal services", "Verwaltung", "administration",  # its domain
        "German", "Deutsch", "Nordfriesisch", "North Frisian", "frr",  # its languages
        "Eule", "7B", "Eule-7B", "eule",  # its name and parts of it
        "Finetuning", "Apache-2.0", "Conformer", "Common Voice", "harbour master",
        "Hafen", "gesprochen", "sprachen Verwaltungssprache OR gesprochene",  # inflected
        "Eule Spracherkennung", "spoken OR Häfen", '"speech recognition"', "Eule -Uhu",
    ],
)  # fmt: skip
def test_a_search_finds_words_of_both_languages(member: Caller, owl: Model, words: str) -> None:
    assert _hits(member, words) == ["Eule-7B"]


@pytest.mark.parametrize("words", ["Übersetzung", "translation", "Eule -Spracherkennung", "Uhu"])
def test_a_search_finds_nothing_else(member: Caller, owl: Model, words: str) -> None:
    assert _hits(member, words) == []


@pytest.mark.parametrize("words", ["'", '"', "& | !", "a:*", "\\", "%", "🦉", "-", "()", "<b>"])
def test_no_sign_breaks_the_search(member: Caller, owl: Model, words: str) -> None:
    assert member.get(f"models/?q={quote(words)}").status_code == 200


def test_a_changed_fact_is_found_and_the_old_one_is_not(member: Caller, owl: Model) -> None:
    member.patch(f"models/{owl.pk}/", {"tasks": ["translation"], "name": "Uhu"})

    assert _hits(member, "Übersetzung") == _hits(member, "Uhu") == ["Uhu"]
    assert _hits(member, "Spracherkennung") == _hits(member, "Eule") == []


def test_a_search_goes_together_with_filters(member: Caller, owl: Model) -> None:
    assert _names(member, "?q=Spracherkennung&languages=de") == ["Eule-7B"]
    assert _names(member, "?q=Spracherkennung&languages=en") == []


@pytest.mark.parametrize(
    "query", ["?q=Spracherkennung", "?languages=de", "?name=Eule-7B", "?hub_id=org/eule"]
)
def test_a_stranger_finds_only_what_is_open(stranger: Caller, owl: Model, query: str) -> None:
    while_open = _names(stranger, query)
    Model.objects.update(visibility="group")

    assert (while_open, _names(stranger, query)) == (["Eule-7B"], [])


def test_a_row_of_the_list_is_the_same_as_the_model_itself(member: Caller, owl: Model) -> None:
    row: dict[str, Any]
    [row] = member.get("models/?name=Eule-7B").json()["results"]

    whole = member.get(f"models/{owl.pk}/").json()

    assert {name: whole[name] for name in row} == row

"""Models side by side: what differs stands first, and nobody sees more than they may."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from projects.models import Project
from registry.actions.figures import record_figure
from registry.models import Model
from tests import make
from tests.conftest import Caller


def _compare(caller: Caller, *models: Model | str, **headers: str) -> Any:
    keys = [model if isinstance(model, str) else str(model.pk) for model in models]
    query = "&".join(f"m={key}" for key in keys)
    return caller.as_browser.get(f"/models/compare/?{query}", headers=headers)


def _facts(answer: Any) -> dict[str, list[str]]:
    return {str(fact.label): fact.values for fact in answer.context["facts"]}


def test_two_models_stand_side_by_side_in_the_order_of_choice(
    member: Caller, project: Project
) -> None:
    a = make.make_model(project, languages=["de", "fr"], parameters=9 * 10**9)
    b = make.make_model(project, languages=["en"], parameters=350 * 10**6)
    facts = _facts(_compare(member, b, a))
    assert facts["Languages"] == ["English", "German, French"]
    assert facts["Parameters"] == ["350\u00a0M", "9\u00a0B"]


def test_what_differs_stands_first(member: Caller, project: Project) -> None:
    a = make.make_model(project, licence="MIT", architecture="MoE")
    b = make.make_model(project, licence="Apache-2.0", architecture="MoE")
    differs = [fact.differs for fact in _compare(member, a, b).context["facts"]]
    assert differs == sorted(differs, reverse=True)
    assert True in differs
    assert False in differs


def test_that_a_fact_differs_is_said_in_words(member: Caller, project: Project) -> None:
    a, b = make.make_model(project, licence="MIT"), make.make_model(project)
    assert "(differs)" in _compare(member, a, b).content.decode()


def test_a_fact_that_nobody_knows_has_no_row(member: Caller, project: Project) -> None:
    facts = _facts(_compare(member, make.make_model(project), make.make_model(project)))
    assert "Licence" not in facts
    assert "Parameters" not in facts


def test_a_german_reader_reads_the_vocabulary_in_german(member: Caller, project: Project) -> None:
    a = make.make_model(project, languages=["de"], tasks=["speech-recognition"])
    b = make.make_model(project, languages=["en"], tasks=["chat"])
    text = _compare(member, a, b, **{"Accept-Language": "de"}).content.decode()
    assert "Englisch" in text
    assert "Spracherkennung" in text


def test_gpu_hours_are_those_of_the_figure_that_counts(member: Caller, project: Project) -> None:
    a, b = make.make_model(project), make.make_model(project)
    for stage, value in (("plan", 5000), ("actual", 7000)):
        record_figure(
            by=member.user,
            model=a,
            kind="gpu_hours_final_run",
            value=value,
            stage=stage,
            as_of=make.today(),
            now=make.now(),
        )
    assert ["7,000 GPU-h", "–"] in _facts(_compare(member, a, b)).values()


def test_of_five_models_four_are_shown_and_that_is_said(member: Caller, project: Project) -> None:
    models = [make.make_model(project) for _each in range(5)]
    answer = _compare(member, *models)
    assert answer.context["models"] == models[:4]
    assert "Four models are shown" in answer.content.decode()


def test_one_model_twice_is_one_model(member: Caller, project: Project) -> None:
    model = make.make_model(project)
    text = _compare(member, model, model).content.decode()
    assert "Choose at least two models" in text


def test_without_models_the_page_leads_to_the_list(member: Caller) -> None:
    text = _compare(member).content.decode()
    assert "Tick them in the list of models, then compare." in text


def test_a_hidden_model_is_left_out_like_one_that_does_not_exist(
    stranger: Caller, project: Project
) -> None:
    a, b = (make.make_model(project, visibility="public") for _each in range(2))
    hidden = make.make_model(project, name="Quiet-1B")
    with_hidden = _compare(stranger, a, b, hidden).content.decode()
    with_none = _compare(stranger, a, b, str(uuid.uuid4())).content.decode()
    assert "Quiet-1B" not in with_hidden
    assert with_hidden.split("<main")[1] == with_none.split("<main")[1]


def test_what_is_no_id_is_left_out(member: Caller, project: Project) -> None:
    a, b = make.make_model(project), make.make_model(project)
    assert _compare(member, a, "nonsense", b).context["models"] == [a, b]


@pytest.mark.parametrize("count", [2, 4])
def test_it_costs_the_same_however_many_are_compared(
    member: Caller,
    project: Project,
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    models = [make.make_model(project, parameters=7) for _each in range(count)]
    query = "&".join(f"m={model.pk}" for model in models)
    browser = member.as_browser
    with django_assert_num_queries(6):
        browser.get(f"/models/compare/?{query}")

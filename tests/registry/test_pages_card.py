"""Model cards in a browser: a model out of one, another one for it, and the file."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from projects.models import Group, Project
from registry.models import Derivation, Figure, Model
from tests import make
from tests.conftest import Caller

CARD = """---
language:
- de
license: apache-2.0
base_model: they/base
base_model_relation: finetune
pipeline_tag: text-generation
datasets:
- they/words
widget:
- text: Moin
---
# Hanse

A **fine** model.
"""


@pytest.fixture
def typed(group: Group) -> dict[str, Any]:
    return {
        "name": "Hanse-9B",
        "group": group.pk,
        "visibility": "group",
        "state": "released",
        "card": CARD,
    }


def _register(caller: Caller, typed: dict[str, Any], **more: Any) -> Any:
    return caller.as_browser.post("/models/card/", {**typed, **more})


def _registered(caller: Caller, typed: dict[str, Any], **more: Any) -> Model:
    answer = _register(caller, typed, **more)
    assert answer.status_code == 302, answer.context["form"].errors
    model: Model = Model.objects.get(name=typed["name"])
    return model


def _put(caller: Caller, model: Model, text: str) -> Any:
    return caller.as_browser.post(reverse("model-card", args=[model.pk]), {"card": text})


def _file(caller: Caller, model: Model) -> str:
    answer = caller.as_browser.get(reverse("model-card-file", args=[model.pk]))
    return str(answer.content.decode())


def test_what_a_card_states_becomes_facts(member: Caller, typed: dict[str, Any]) -> None:
    model = _registered(member, typed)
    assert (model.languages, model.licence, model.datasets) == (
        ["de"],
        "apache-2.0",
        ["they/words"],
    )
    assert (model.state, model.training_mode) == ("released", "finetune")


def test_the_base_model_of_a_card_is_linked_if_it_is_an_entry(
    member: Caller, typed: dict[str, Any]
) -> None:
    base = make.make_model(hub_id="they/base", visibility="public")
    edge = Derivation.objects.get(child__model=_registered(member, typed))
    assert edge.parent is not None
    assert edge.parent.model == base


def test_a_hidden_base_model_of_a_card_stays_as_it_is_written(
    member: Caller, typed: dict[str, Any]
) -> None:
    make.make_model(hub_id="they/base")
    edge = Derivation.objects.get(child__model=_registered(member, typed))
    assert (edge.parent, edge.literal) == (None, "they/base")


def test_emissions_of_a_card_become_an_imported_figure(
    member: Caller, typed: dict[str, Any]
) -> None:
    card = CARD.replace("license:", "co2_eq_emissions: 7000\nlicense:")
    model = _registered(member, typed, card=card)
    figure = Figure.objects.get(model=model, kind="co2e_kg")
    assert (figure.value, figure.source) == (Decimal(7), "imported")


@pytest.mark.parametrize("state", ["planned", "training", "released"])
def test_a_card_registers_what_is_planned_trains_or_is_out(
    member: Caller, typed: dict[str, Any], state: str
) -> None:
    assert _registered(member, typed, state=state).state == state


@pytest.mark.parametrize("state", ["withdrawn", "abandoned"])
def test_nothing_is_registered_as_ended(member: Caller, typed: dict[str, Any], state: str) -> None:
    assert "state" in _register(member, typed, state=state).context["form"].errors


@pytest.mark.parametrize(
    "card",
    ["---\nlicense: [\n---\n", "---\nx_cesai: 7\n---\n", "---\nx_cesai:\n  tokens: a\n---\n"],
)
def test_a_card_that_cannot_be_read_is_refused_and_stays_on_the_form(
    member: Caller, typed: dict[str, Any], card: str
) -> None:
    answer = _register(member, typed, card=card)
    assert answer.status_code == 400
    assert "card" in answer.context["form"].errors
    assert answer.context["form"]["card"].value() == card
    assert 'value="Hanse-9B"' in answer.content.decode()
    assert Model.objects.count() == 0


def test_a_taken_name_is_refused_on_the_form(member: Caller, typed: dict[str, Any]) -> None:
    _register(member, typed)
    assert _register(member, typed).status_code == 409


def test_another_group_is_no_choice(member: Caller, typed: dict[str, Any]) -> None:
    answer = _register(member, typed, group=make.make_group().pk)
    assert "group" in answer.context["form"].errors


def test_the_form_shows_the_card_that_is_there(member: Caller, typed: dict[str, Any]) -> None:
    model = _registered(member, typed)
    text = member.as_browser.get(reverse("model-card", args=[model.pk])).content.decode()
    assert "A **fine** model." in text
    assert "widget:" in text


def test_another_card_takes_the_place_of_the_first(member: Caller, typed: dict[str, Any]) -> None:
    model = _registered(member, typed)
    answer = _put(member, model, "---\nlicense: mit\n---\n# Another\n")
    model.refresh_from_db()
    assert answer["Location"] == reverse("model", args=[model.pk])
    assert (model.licence, model.card) == ("mit", "# Another\n")


def test_a_card_that_cannot_be_read_changes_nothing(member: Caller, typed: dict[str, Any]) -> None:
    model = _registered(member, typed)
    answer = _put(member, model, "---\nlicense: [\n---\n# Broken\n")
    model.refresh_from_db()
    assert answer.status_code == 400
    assert "# Broken" in answer.content.decode()
    assert model.card.startswith("# Hanse")


def test_the_file_is_the_card_that_was_given(member: Caller, typed: dict[str, Any]) -> None:
    text = _file(member, _registered(member, typed))
    assert text.endswith("---\n# Hanse\n\nA **fine** model.\n")
    assert "- text: Moin" in text


def test_line_ends_of_a_browser_are_no_part_of_the_card(
    member: Caller, typed: dict[str, Any]
) -> None:
    model = _registered(member, typed, card=CARD.replace("\n", "\r\n"))
    assert "\r" not in _file(member, model)


def test_the_file_comes_as_readme(member: Caller, project: Project) -> None:
    model = make.make_model(project)
    answer = member.as_browser.get(reverse("model-card-file", args=[model.pk]))
    assert answer["Content-Type"] == "text/markdown; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="README.md"'


def test_the_file_names_no_hidden_base_model(
    stranger: Caller, member: Caller, project: Project
) -> None:
    child = make.make_model(project, visibility="public")
    make.make_edge(child, make.make_model(project, name="Quiet-1B"))
    assert "Quiet-1B" in _file(member, child)
    assert "Quiet-1B" not in _file(stranger, child)


def test_who_may_not_edit_puts_no_card(guest: Caller, project: Project) -> None:
    assert _put(guest, make.make_model(project), CARD).status_code == 403

"""What a line of a pushed catalogue does with parents, derivations and states."""

from __future__ import annotations

import pytest

from projects.models import Group
from registry.models import Derivation, Model
from tests.conftest import Caller
from tests.registry.exchanging import (
    ALL,
    BASE,
    CHAT,
    CLEAN,
    CORPUS,
    MADE_FROM,
    WEIGHTS,
    errors_of,
    push,
    statuses,
)


def test_a_circle_is_refused_where_it_would_close(member: Caller, group: Group) -> None:
    back = {"type": "derivation", "key": "back", "child": "base-7b/1", "model": "chat-7b"}

    outcomes = push(member, group, BASE, CHAT, WEIGHTS, MADE_FROM, back)

    assert statuses(outcomes) == [*["created"] * 4, "failed"]
    assert "circle" in outcomes[4]["detail"]
    assert Derivation.objects.count() == 1


def test_a_circle_of_datasets_is_refused(member: Caller, group: Group) -> None:
    push(member, group, CORPUS, CLEAN)

    [outcome] = push(member, group, {**CORPUS, "parents": [{"dataset": "clean"}]})

    assert errors_of(outcome) == {"parents"}


def test_a_derivation_that_was_taken_back_here_is_made_again(member: Caller, group: Group) -> None:
    push(member, group, *ALL)
    edge = Derivation.objects.get()
    member.delete(f"derivations/{edge.pk}/")

    outcomes = push(member, group, *ALL)

    assert statuses(outcomes) == [*["unchanged"] * 6, "created"]


def test_a_derivation_to_another_parent_takes_the_place_of_the_first(
    member: Caller, group: Group
) -> None:
    push(member, group, *ALL)
    other = {name: value for name, value in MADE_FROM.items() if name != "version"}

    [outcome] = push(member, group, {**other, "literal": "their/model"})

    assert outcome["status"] == "updated"
    assert Derivation.objects.get().literal == "their/model"


def test_a_parent_is_the_same_whether_a_model_or_a_derivation_names_it(
    member: Caller, group: Group
) -> None:
    chat = {**CHAT, "parents": [{"version": "base-7b/1", "kind": "finetune"}]}
    push(member, group, BASE, WEIGHTS)

    outcomes = push(member, group, chat, MADE_FROM)

    assert statuses(outcomes) == ["created", "unchanged"]
    assert Derivation.objects.count() == 1


def test_more_parents_of_a_changed_line_are_added(member: Caller, group: Group) -> None:
    push(member, group, BASE, CHAT, WEIGHTS)
    chat = {**CHAT, "parents": [{"version": "base-7b/1"}, {"literal": "their/model"}]}

    assert statuses(push(member, group, chat)) == ["updated"]
    assert statuses(push(member, group, {**chat, "description": "New."})) == ["updated"]
    assert Derivation.objects.count() == 2


def test_a_state_is_reached_over_training(member: Caller, group: Group) -> None:
    push(member, group, CHAT)

    push(member, group, {**CHAT, "state": "released"})

    model = Model.objects.get()
    assert [move.to_state for move in model.moves.order_by("at")] == ["training", "released"]


def test_the_first_weights_end_a_plan_whatever_its_line_says(member: Caller, group: Group) -> None:
    push(member, group, CHAT, {**WEIGHTS, "model": "chat-7b"})

    assert statuses(push(member, group, {**CHAT, "description": "New."})) == ["updated"]
    assert Model.objects.get().state == "training"


def test_a_model_is_withdrawn_by_its_line(member: Caller, group: Group) -> None:
    push(member, group, BASE)

    assert statuses(push(member, group, {**BASE, "state": "withdrawn"})) == ["updated"]
    assert Model.objects.get().state == "withdrawn"


@pytest.mark.parametrize("state", ["withdrawn", "abandoned"])
def test_nothing_new_has_ended(member: Caller, group: Group, state: str) -> None:
    [outcome] = push(member, group, {**BASE, "state": state})

    assert errors_of(outcome) == {"state"}


def test_a_released_model_does_not_go_back(member: Caller, group: Group) -> None:
    push(member, group, BASE)

    [outcome] = push(member, group, {**BASE, "state": "planned"})

    assert errors_of(outcome) == {"state"}

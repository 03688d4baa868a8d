"""A model goes from planned over training to released, or ends; no other way."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from compute.models import Allocation
from compute.states import AllocationState
from projects.models import Event, Project
from registry.models import Model, ModelMove
from registry.vocabulary import MODEL_MOVES, ModelState
from tests import make
from tests.at_once import at_once
from tests.conftest import Caller, calls_as

ALLOWED = [(before, after) for before, states in MODEL_MOVES.items() for after in sorted(states)]
REFUSED = [pair for pair in product(ModelState, ModelState) if pair not in ALLOWED]


@pytest.fixture
def model(project: Project) -> Model:
    return make.make_model(project, name="Plan")


def _move(caller: Caller, model: Model, state: str, **more: Any) -> Any:
    return caller.post(f"models/{model.pk}/move/", {"state": state, **more})


@pytest.mark.parametrize(("before", "after"), ALLOWED)
def test_it_goes_where_the_table_says(
    member: Caller, model: Model, before: str, after: str
) -> None:
    Model.objects.update(state=before)

    moved = _move(member, model, after)

    assert (moved.status_code, moved.json()["state"]) == (200, after)


@pytest.mark.parametrize(("before", "after"), REFUSED)
def test_it_goes_nowhere_else(member: Caller, model: Model, before: str, after: str) -> None:
    Model.objects.update(state=before)

    refused = _move(member, model, after)

    model.refresh_from_db()
    assert (refused.status_code, model.state) == (409, before)
    assert list(refused.json()["errors"]) == ["state"]


def test_a_refusal_says_where_it_can_go(member: Caller, model: Model) -> None:
    sentence = _move(member, model, "released").json()["detail"]

    assert sentence == (
        "A model that is planned cannot become released."
        " It can become: training, withdrawn, abandoned."
    )


def test_a_refusal_says_that_it_can_go_nowhere(member: Caller, model: Model) -> None:
    Model.objects.update(state="abandoned")

    assert (
        _move(member, model, "training").json()["detail"].endswith("It can become: nothing else.")
    )


def test_one_who_reads_it_is_told_where_it_can_go(member: Caller, model: Model) -> None:
    shown = member.get(f"models/{model.pk}/").json()

    assert shown["may_become"] == ["training", "withdrawn", "abandoned"]


def test_each_move_is_kept_with_its_reason(member: Caller, model: Model) -> None:
    _move(member, model, "training")
    _move(member, model, "abandoned", reason="no money")

    assert [(m.from_state, m.to_state, m.reason, m.by) for m in ModelMove.objects.all()] == [
        ("planned", "training", "", member.user),
        ("training", "abandoned", "no money", member.user),
    ]


def test_a_move_is_told_in_the_log(member: Caller, model: Model) -> None:
    _move(member, model, "abandoned", reason="no money")

    event = Event.objects.get(kind="move_model")
    assert (event.changes, event.reason) == ({"state": ["planned", "abandoned"]}, "no money")


def test_a_move_says_that_the_plan_is_still_true(member: Caller, model: Model) -> None:
    before = model.confirmed_at

    _move(member, model, "training")

    model.refresh_from_db()
    assert model.confirmed_at > before


@pytest.mark.parametrize("body", [{}, {"state": "magic"}, {"state": "training", "when": "now"}])
def test_a_move_that_cannot_be_read_is_refused(
    member: Caller, model: Model, body: dict[str, str]
) -> None:
    assert member.post(f"models/{model.pk}/move/", body).status_code == 400


def test_a_model_for_which_an_allocation_is_in_force_is_not_withdrawn(
    member: Caller, model: Model, project: Project
) -> None:
    make.make_allocation(project, model=model)

    refused = _move(member, model, "withdrawn")

    assert refused.status_code == 409
    assert "Allocations are in force" in refused.json()["detail"]
    assert Model.objects.get().state == "planned"
    assert not ModelMove.objects.exists()


@pytest.mark.parametrize("state", ["expired", "revoked"])
def test_it_is_withdrawn_when_its_allocations_have_ended(
    member: Caller, model: Model, project: Project, state: str
) -> None:
    make.make_allocation(project, model=model)
    Allocation.objects.update(state=AllocationState(state))

    assert _move(member, model, "withdrawn").status_code == 200


def test_an_allocation_does_not_keep_it_from_being_given_up(
    member: Caller, model: Model, project: Project
) -> None:
    make.make_allocation(project, model=model)

    assert _move(member, model, "abandoned").status_code == 200


def test_the_allocation_of_another_model_does_not_keep_it(
    member: Caller, model: Model, project: Project
) -> None:
    make.make_allocation(project, model=make.make_model(project))

    assert _move(member, model, "withdrawn").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_two_moves_at_once_one_happens(member: Caller, model: Model) -> None:
    answers = at_once(*[lambda: _move(member, model, "training")] * 2)

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert ModelMove.objects.count() == 1


@pytest.mark.parametrize("who", ["guest", "coordinator", "auditor", "quota_admin", "portal_admin"])
def test_who_may_only_read_moves_nothing(
    model: Model, who: str, request: pytest.FixtureRequest
) -> None:
    assert _move(request.getfixturevalue(who), model, "training").status_code == 403


def test_a_group_that_takes_part_moves_nothing(model: Model, project: Project) -> None:
    joined = make.make_group()
    make.join(project, joined)
    Model.objects.update(visibility="project")

    assert _move(calls_as(make.make_member(joined)), model, "training").status_code == 403


def test_to_a_stranger_it_is_not_there(stranger: Caller, model: Model) -> None:
    hidden = _move(stranger, model, "training")

    absent = stranger.post(f"models/{make.key()}/move/", {"state": "training"})
    assert (hidden.status_code, hidden.content) == (404, absent.content)

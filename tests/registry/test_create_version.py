"""Registering weights: the first fill the plan, numbers are never used twice, calls may repeat."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from projects.models import Event, Group, Project
from registry.models import Dataset, Derivation, Model, TrainedOn, Version
from tests import make
from tests.at_once import at_once
from tests.conftest import Caller


@pytest.fixture
def model(project: Project) -> Model:
    return make.make_model(project)


def _add(caller: Caller, model: Model, source: str = "s3://weights", **facts: Any) -> Any:
    return caller.post("versions/", {"model": str(model.pk), "source": source, **facts})


def test_the_first_weights_fill_the_planned_version(member: Caller, model: Model) -> None:
    planned = model.versions.get()

    made = _add(member, model)

    assert made.status_code == 201
    assert (made.json()["id"], made.json()["number"]) == (str(planned.pk), 1)


def test_parents_of_the_plan_are_those_of_the_first_weights(member: Caller, model: Model) -> None:
    make.make_edge(model, "their/model-7b")

    made = _add(member, model).json()

    assert str(Derivation.objects.get().child_id) == made["id"]


def test_a_planned_model_is_in_training_by_that(member: Caller, model: Model) -> None:
    _add(member, model)

    assert member.get(f"models/{model.pk}/").json()["state"] == "training"


def test_a_released_model_stays_released(member: Caller, model: Model) -> None:
    Model.objects.update(state="released")

    _add(member, model)

    assert Model.objects.get().state == "released"


def test_numbers_go_up(member: Caller, model: Model) -> None:
    numbers = [_add(member, model, f"s3://{n}").json()["number"] for n in range(3)]

    assert numbers == [1, 2, 3]


def test_the_number_of_withdrawn_weights_is_not_used_again(member: Caller, model: Model) -> None:
    first = _add(member, model).json()
    member.post(f"versions/{first['id']}/withdraw/")

    assert _add(member, model).json()["number"] == 2


def test_what_is_told_comes_back(member: Caller, model: Model) -> None:
    facts = {"run_id": "r1", "run_link": "https://runs/r1", "description": "best of three"}

    made = _add(member, model, **facts).json()

    assert member.get(f"versions/{made['id']}/").json() | facts == made | facts == made


def test_the_same_call_again_gives_the_same_version(member: Caller, model: Model) -> None:
    first = _add(member, model, run_id="r1").json()

    assert _add(member, model, run_id="r1").json()["id"] == first["id"]
    assert model.versions.count() == 1


def test_another_run_is_another_version(member: Caller, model: Model) -> None:
    _add(member, model, run_id="r1")

    assert _add(member, model, run_id="r2").json()["number"] == 2


def test_the_same_weights_an_hour_later_are_another_version(member: Caller, model: Model) -> None:
    _add(member, model)
    Version.objects.update(created_at=make.now() - timedelta(hours=1))

    assert _add(member, model).json()["number"] == 2


@pytest.mark.django_db(transaction=True)
def test_weights_registered_at_once_get_a_number_each(member: Caller, model: Model) -> None:
    def call(n: int) -> Any:
        return lambda: _add(member, model, f"s3://{n}").json()["number"]

    assert sorted(at_once(*[call(n) for n in range(6)])) == [1, 2, 3, 4, 5, 6]


@pytest.mark.django_db(transaction=True)
def test_the_same_call_twice_at_once_is_one_version(member: Caller, model: Model) -> None:
    numbers = at_once(*[lambda: _add(member, model).json()["number"]] * 4)

    assert (numbers, model.versions.count()) == ([1] * 4, 1)


def test_parents_are_named_with_it(member: Caller, model: Model, project: Project) -> None:
    base = make.make_model(project)
    parents = [{"model": str(base.pk), "kind": "finetune"}, {"literal": "their/model-7b"}]

    made = _add(member, model, parents=parents).json()

    assert Derivation.objects.filter(child=made["id"]).count() == 2


def test_a_version_of_the_same_model_may_be_a_parent(member: Caller, model: Model) -> None:
    first = _add(member, model, "s3://1").json()

    second = _add(member, model, "s3://2", parents=[{"version": first["id"]}])

    assert second.status_code == 201


def test_a_private_parent_is_refused_like_none_at_all(member: Caller, model: Model) -> None:
    theirs = make.make_model()

    hidden = _add(member, model, parents=[{"model": str(theirs.pk)}])

    absent = _add(member, model, parents=[{"model": make.key()}])
    assert (hidden.status_code, hidden.content) == (404, absent.content)
    assert model.versions.get().number is None


def test_registered_datasets_of_the_model_are_tied_to_it(
    member: Caller, group: Group, project: Project
) -> None:
    own = make.make_dataset(group, name="Ours")
    open_one = make.make_dataset(name="Open", visibility="public")
    make.make_dataset(name="Closed")
    model = make.make_model(project, datasets=["Ours", "Open", "Closed", "never registered"])

    made = _add(member, model).json()

    tied = TrainedOn.objects.filter(version=made["id"]).values_list("dataset", flat=True)
    assert set(tied) == {own.pk, open_one.pk}
    assert Dataset.objects.count() == 3


@pytest.mark.parametrize("state", ["withdrawn", "abandoned"])
def test_a_model_that_has_ended_takes_no_weights(member: Caller, model: Model, state: str) -> None:
    Model.objects.update(state=state)

    refused = _add(member, model)

    assert refused.status_code == 409
    assert f"has ended ({state})" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("source", ""), ("source", None), ("source", "x" * 2049), ("run_id", "x" * 101),
        ("run_link", "x" * 501), ("description", "x" * 50_001), ("number", 7), ("stage", "None"),
        ("parents", [{}]), ("tags", {}),
    ],
)  # fmt: skip
def test_what_is_not_accepted_is_named(
    member: Caller, model: Model, field: str, value: Any
) -> None:
    refused = _add(member, model, **{field: value})

    assert (refused.status_code, list(refused.json()["errors"])) == (400, [field])


def test_new_weights_are_told_in_the_log(member: Caller, model: Model) -> None:
    made = _add(member, model).json()

    event = Event.objects.get(kind="create_version")
    assert str(event.object_id) == made["id"]
    assert event.changes == {"number": [None, 1], "source": [None, "s3://weights"]}


def test_what_is_told_of_weights_is_changed(member: Caller, model: Model) -> None:
    made = _add(member, model).json()

    shown = member.patch(f"versions/{made['id']}/", {"description": "better"}).json()

    assert (shown["description"], shown["source"]) == ("better", "s3://weights")
    changes = Event.objects.get(kind="update_version").changes
    assert changes == {"description": ["", "better"]}


def test_withdrawn_weights_stay_visible_as_withdrawn(member: Caller, model: Model) -> None:
    made = _add(member, model).json()

    shown = member.post(f"versions/{made['id']}/withdraw/").json()

    assert shown["withdrawn_at"] is not None
    assert member.get(f"versions/{made['id']}/").json()["withdrawn_at"] == shown["withdrawn_at"]


def test_a_model_stands_for_its_newest_weights_that_were_not_withdrawn(
    member: Caller, model: Model
) -> None:
    first, second = (_add(member, model, f"s3://{n}").json() for n in range(2))

    member.post(f"versions/{second['id']}/withdraw/")

    assert str(model.newest_version().pk) == first["id"]


def test_a_plan_has_no_weights_to_withdraw(member: Caller, model: Model) -> None:
    assert member.post(f"versions/{model.versions.get().pk}/withdraw/").status_code == 409


def test_a_guest_registers_none(guest: Caller, model: Model) -> None:
    assert _add(guest, model).status_code == 403


def test_to_a_stranger_the_model_is_not_there(stranger: Caller, model: Model) -> None:
    hidden = _add(stranger, model)

    absent = stranger.post("versions/", {"model": make.key(), "source": "s3://weights"})
    assert (hidden.status_code, hidden.content) == (404, absent.content)


@pytest.mark.parametrize("path", ["", "withdraw/"])
def test_a_stranger_changes_nothing_of_public_weights(
    stranger: Caller, model: Model, path: str
) -> None:
    version = make.make_version(model)
    Model.objects.update(visibility="public")
    call = stranger.post if path else stranger.patch

    assert call(f"versions/{version.pk}/{path}", {}).status_code == 403

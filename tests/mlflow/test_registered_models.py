"""Registered models as MLflow's clients change them, their tags, and what deleting means."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from compute.models import Allocation
from compute.states import AllocationState
from projects.models import Event, Group, Project
from registry.models import Model, ModelMove
from tests import make
from tests.at_once import at_once
from tests.conftest import Caller
from tests.mlflow.calls import (
    MODELS,
    VERSIONS,
    add_model,
    add_version,
    as_list,
    ask,
    code_of,
    get_model,
    get_version,
    names_found,
    tags_of,
    tell,
    versions_found,
)

WRITERS = 12


def _delete(caller: Caller, name: str = "iris") -> Any:
    return tell(caller, f"{MODELS}/delete", name=name)


def test_what_is_registered_comes_back(member: Caller) -> None:
    add_model(member, description="Flowers", tags=as_list({"team": "north", "größe": "7"}))

    shown = get_model(member).json()["registered_model"]

    assert (shown["name"], shown["description"]) == ("iris", "Flowers")
    assert tags_of(shown) == {"team": "north", "größe": "7"}


def test_what_is_registered_here_is_seen_in_the_portal(member: Caller) -> None:
    add_model(member)

    shown = member.get(f"models/{Model.objects.get().pk}/").json()

    assert (shown["name"], shown["state"], shown["visibility"]) == ("iris", "planned", "group")


def test_what_is_planned_in_the_portal_is_seen_here(member: Caller, group: Group) -> None:
    member.post("models/", {"name": "iris", "group": str(group.pk)})

    assert "latest_versions" not in get_model(member).json()["registered_model"]


def test_registering_is_told_in_the_log(member: Caller) -> None:
    add_model(member)

    assert Event.objects.get(kind="plan_model").actor == member.user


def test_a_name_is_taken_once(member: Caller) -> None:
    add_model(member)

    assert code_of(add_model(member)) == (400, "RESOURCE_ALREADY_EXISTS")


@pytest.mark.django_db(transaction=True)
def test_of_two_of_one_name_at_once_one_is_registered(member: Caller, group: Group) -> None:
    answers = at_once(*[partial(add_model, member)] * 2)

    assert sorted(answer.status_code for answer in answers) == [200, 400]
    assert Model.objects.count() == 1


def test_a_model_of_another_state_keeps_its_name(member: Caller) -> None:
    add_model(member)
    Model.objects.update(state="abandoned")

    assert code_of(add_model(member)) == (400, "RESOURCE_ALREADY_EXISTS")


def test_a_description_that_is_cleared_is_left_out(member: Caller) -> None:
    add_model(member, description="Flowers")

    tell(member, f"{MODELS}/update", name="iris")

    assert "description" not in get_model(member).json()["registered_model"]


def test_a_change_that_is_refused_leaves_nothing(member: Caller) -> None:
    tags = as_list({"cesai.project": "unknown", "team": "north"})

    refused = add_model(member, tags=tags)

    assert code_of(refused) == (400, "INVALID_PARAMETER_VALUE")
    assert not Model.objects.exists()


# Deleting -----------------------------------------------------------------------------------


def test_a_deleted_model_is_gone_from_every_route(member: Caller) -> None:
    add_model(member)
    add_version(member)
    tell(member, f"{MODELS}/alias", name="iris", alias="best", version="1")

    _delete(member)

    assert get_model(member).status_code == get_version(member).status_code == 404
    assert (names_found(member), versions_found(member, "")) == ([], [])
    assert ask(member, f"{MODELS}/alias", name="iris", alias="best").status_code == 404
    assert ask(member, f"{MODELS}/get-latest-versions", name="iris").status_code == 404
    assert ask(member, f"{VERSIONS}/get-download-uri", name="iris", version=1).status_code == 404


def test_a_deleted_model_is_gone_also_for_others(member: Caller, stranger: Caller) -> None:
    add_model(member)
    Model.objects.update(visibility="public")

    _delete(member)

    assert names_found(stranger) == []
    assert get_model(stranger, Model.objects.get().qualified).status_code == 404


def test_a_deleted_model_is_still_seen_in_the_portal_as_withdrawn(member: Caller) -> None:
    add_model(member)

    _delete(member)

    assert member.get(f"models/{Model.objects.get().pk}/").json()["state"] == "withdrawn"


def test_the_deletion_is_kept_with_who_did_it(member: Caller) -> None:
    add_model(member)

    _delete(member)

    move = ModelMove.objects.get(to_state="withdrawn")
    assert (move.by, move.reason) == (member.user, "deleted by an MLflow client")


def test_the_name_of_a_deleted_model_is_free_again(member: Caller) -> None:
    add_model(member, description="old")
    _delete(member)

    add_model(member, description="new")

    assert get_model(member).json()["registered_model"]["description"] == "new"


def test_a_new_model_of_an_old_name_begins_with_number_one(member: Caller) -> None:
    add_model(member)
    add_version(member)
    _delete(member)
    add_model(member)

    assert add_version(member).json()["model_version"]["version"] == "1"


def test_a_model_is_deleted_once(member: Caller) -> None:
    add_model(member)
    _delete(member)

    assert code_of(_delete(member)) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_a_child_of_a_deleted_model_keeps_its_derivation(member: Caller) -> None:
    for name in ("iris", "child"):
        add_model(member, name)
        add_version(member, name)
    child, parent = (Model.objects.get(name=name).newest_version() for name in ("child", "iris"))
    make.make_edge(child, parent)

    _delete(member)

    [edge] = member.get(f"derivations/?child={child.pk}").json()["results"]
    assert edge["parent"] == str(parent.pk)


def test_a_model_for_which_an_allocation_is_in_force_is_not_deleted(
    member: Caller, project: Project
) -> None:
    make.make_allocation(project, model=make.make_model(project, name="iris"))

    refused = _delete(member)

    assert code_of(refused) == (400, "INVALID_PARAMETER_VALUE")
    assert "Allocations are in force" in refused.json()["message"]
    assert get_model(member).status_code == 200


def test_it_is_deleted_when_the_allocation_has_ended(member: Caller, project: Project) -> None:
    make.make_allocation(project, model=make.make_model(project, name="iris"))
    Allocation.objects.update(state=AllocationState.EXPIRED)

    assert _delete(member).status_code == 200


def test_a_model_that_was_given_up_is_not_deleted(member: Caller) -> None:
    add_model(member)
    Model.objects.update(state="abandoned")

    assert code_of(_delete(member)) == (400, "INVALID_PARAMETER_VALUE")


# Tags ---------------------------------------------------------------------------------------


def test_a_tag_is_kept_as_it_was_sent(member: Caller) -> None:
    add_model(member)

    tell(member, f"{MODELS}/set-tag", name="iris", key="a/b c.d-e_f:g", value="'\"\\ 模型\n")

    assert Model.objects.get().tags == {"a/b c.d-e_f:g": "'\"\\ 模型\n"}


def test_a_tag_that_is_not_there_is_gone_already(member: Caller) -> None:
    add_model(member)

    assert tell(member, f"{MODELS}/delete-tag", name="iris", key="none").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_many_who_set_tags_at_once_none_loses_theirs(member: Caller, group: Group) -> None:
    add_model(member)
    calls = [
        partial(tell, member, f"{MODELS}/set-tag", name="iris", key=f"k{n}", value=str(n))
        for n in range(WRITERS)
    ]

    answers = at_once(*calls)

    assert {answer.status_code for answer in answers} == {200}
    assert Model.objects.get().tags == {f"k{n}": str(n) for n in range(WRITERS)}


@pytest.mark.django_db(transaction=True)
def test_setting_and_deleting_at_once_touch_only_their_own_tags(
    member: Caller, group: Group
) -> None:
    add_model(member, tags=as_list({f"old{n}": "x" for n in range(6)}))
    taken = [
        partial(tell, member, f"{MODELS}/delete-tag", name="iris", key=f"old{n}") for n in range(6)
    ]
    put = [
        partial(tell, member, f"{MODELS}/set-tag", name="iris", key=f"new{n}", value="x")
        for n in range(6)
    ]

    at_once(*taken, *put)

    assert set(Model.objects.get().tags) == {f"new{n}" for n in range(6)}

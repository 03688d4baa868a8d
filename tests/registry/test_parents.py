"""Parents of a planned model: an entry the caller may see, or a name, each once."""

from __future__ import annotations

from typing import Any

import pytest

from projects.models import Group, Project
from registry.models import Derivation, Model
from tests import make
from tests.conftest import Caller


@pytest.fixture
def base(project: Project) -> Model:
    return make.make_model(project, name="Base")


def _plan(caller: Caller, group: Group, *parents: Any) -> Any:
    body = {"name": "Child", "group": str(group.pk), "parents": list(parents)}
    return caller.post("models/", body)


def test_a_parent_named_as_a_model_is_its_newest_version(
    member: Caller, group: Group, base: Model
) -> None:
    newest = base.versions.create(number=3)

    _plan(member, group, {"model": str(base.pk), "kind": "finetune"})

    edge = Derivation.objects.get()
    assert (edge.parent, edge.kind) == (newest, "finetune")


def test_a_parent_named_as_a_version_is_that_version(
    member: Caller, group: Group, base: Model
) -> None:
    old = base.versions.get()
    base.versions.create(number=3)

    _plan(member, group, {"version": str(old.pk)})

    assert Derivation.objects.get().parent == old


def test_a_parent_that_is_no_entry_here_is_kept_as_written(member: Caller, group: Group) -> None:
    _plan(member, group, {"literal": "their/model-7b", "kind": "merge"})

    edge = Derivation.objects.get()
    assert (edge.parent, edge.literal) == (None, "their/model-7b")


def test_a_model_may_have_several_parents(member: Caller, group: Group, base: Model) -> None:
    made = _plan(member, group, {"model": str(base.pk)}, {"literal": "a"}, {"literal": "b"})

    assert Derivation.objects.filter(child__model=made.json()["id"]).count() == 3


@pytest.mark.parametrize("name", ["model", "version"])
def test_a_strangers_parent_that_is_hidden_is_refused_as_one_that_is_not(
    stranger: Caller, base: Model, name: str
) -> None:
    own = Group.objects.get(memberships__user=stranger.user)
    key = base.pk if name == "model" else base.versions.get().pk

    hidden = _plan(stranger, own, {name: str(key)})

    assert hidden.status_code == 404
    assert hidden.content == _plan(stranger, own, {name: make.key()}).content
    assert not Model.objects.filter(name="Child").exists()


def test_a_stranger_may_build_on_what_is_public(stranger: Caller, base: Model) -> None:
    Model.objects.update(visibility="public")
    own = Group.objects.get(memberships__user=stranger.user)

    assert _plan(stranger, own, {"model": str(base.pk)}).status_code == 201


@pytest.mark.parametrize("second", ["model", "version"])
def test_a_parent_is_named_once(member: Caller, group: Group, base: Model, second: str) -> None:
    key = base.pk if second == "model" else base.versions.get().pk

    refused = _plan(member, group, {"model": str(base.pk)}, {second: str(key)})

    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["parents"])


@pytest.mark.parametrize(
    "parent",
    [
        {},
        {"kind": "finetune"},
        {"literal": ""},
        {"literal": "x" * 301},
        {"literal": "x", "model": "00000000-0000-0000-0000-000000000000"},
        {"literal": "x", "kind": "guess"},
        {"model": "Base"},
        "Base",
        None,
        [],
    ],
)
def test_a_parent_that_cannot_be_read_is_refused(
    member: Caller, group: Group, parent: Any
) -> None:
    refused = _plan(member, group, parent)

    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["parents"])


def test_a_misspelt_part_of_a_parent_is_refused_and_not_dropped(
    member: Caller, group: Group
) -> None:
    refused = _plan(member, group, {"literal": "x", "kin": "merge"})

    assert list(refused.json()["errors"]) == ["parents.kin"]


def test_more_than_a_hundred_parents_are_refused(member: Caller, group: Group) -> None:
    many = [{"literal": str(n)} for n in range(101)]

    assert _plan(member, group, *many).status_code == 400

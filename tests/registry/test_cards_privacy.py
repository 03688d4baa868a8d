"""The card of a public model names to nobody an entry that they may not see."""

from __future__ import annotations

from typing import Any

import pytest
from huggingface_hub import ModelCard

from projects.models import Group, Membership, Project
from projects.roles import Role
from registry.models import Derivation, Model
from tests import make
from tests.conftest import Caller, calls_as

CANARY = "Kanarienvogel"


@pytest.fixture
def hidden(group: Group, member: Caller) -> Model:
    """Another group's private model, shown to `member` because they belong to both groups."""
    theirs = make.make_group()
    Membership.objects.create(user=member.user, group=theirs, role=Role.MEMBER)
    project = make.make_project(theirs)
    return make.make_model(project, name=CANARY, hub_id=f"them/{CANARY}")


def _import(caller: Caller, group: Group, head: str) -> str:
    body = {"name": "Open", "group": str(group.pk), "visibility": "public"}
    made = caller.post("models/import-card/", {**body, "card": f"---\n{head}\n---\nText"})
    assert made.status_code == 201, made.json()
    key: str = made.json()["id"]
    return key


def _card(caller: Caller, key: str) -> str:
    answer = caller.get(f"models/{key}/card/")
    assert answer.status_code == 200
    text: str = answer.content.decode()
    return text


def _keys(text: str) -> dict[str, Any]:
    data: Any = ModelCard(text).data
    keys: dict[str, Any] = data.to_dict()
    return keys


def _heads(hidden: Model) -> dict[str, str]:
    name = hidden.qualified
    return {
        "base": f"base_model: {name}",
        "hub": f"base_model: {hidden.hub_id}\nbase_model_relation: finetune",
        "merge": f"base_model: [other/one, {name}]\nbase_model_relation: merge",
        "address": f"base_model: 'models:/{name}'",
        "successor": f"new_version: {name}",
        "successor_on_hub": f"new_version: {hidden.hub_id}",
        "successor_and_base": f"new_version: {name}\nbase_model: {name}",
        "relations": f"base_model: {name}\nx_cesai: {{relations: {{{name}: distilled}}}}",
        "only_relations": f"base_model: a/b\nx_cesai: {{relations: {{{name}: distilled, "
        "a/b: merge}}",
        "unused_relations": f"x_cesai: {{relations: {{{name}: distilled}}}}",
        "unread_relations": f"x_cesai: {{relations: {{x: {name}}}, noted: {name}}}",
    }


NAMED = ["base", "hub", "merge", "address", "successor", "successor_on_hub", "relations",
         "successor_and_base"]  # fmt: skip
UNNAMED = ["only_relations", "unused_relations", "unread_relations"]


@pytest.mark.parametrize("how", NAMED + UNNAMED)
def test_a_strangers_copy_of_the_card_does_not_name_what_is_hidden(
    member: Caller, stranger: Caller, group: Group, hidden: Model, how: str
) -> None:
    key = _import(member, group, _heads(hidden)[how])

    assert CANARY not in _card(stranger, key)


@pytest.mark.parametrize("how", NAMED)
def test_the_owners_copy_still_names_it_as_it_was_written(
    member: Caller, group: Group, hidden: Model, how: str
) -> None:
    key = _import(member, group, _heads(hidden)[how])

    written = _keys(f"---\n{_heads(hidden)[how]}\n---\n")
    given = _keys(_card(member, key))
    assert {name: given[name] for name in written if name != "x_cesai"} == {
        name: value for name, value in written.items() if name != "x_cesai"
    }


@pytest.mark.parametrize("how", NAMED + UNNAMED)
def test_a_card_that_was_put_hides_the_same(
    member: Caller, stranger: Caller, project: Project, hidden: Model, how: str
) -> None:
    model = make.make_model(project, name="Open", visibility="public")
    text = f"---\n{_heads(hidden)[how]}\n---\nText"
    assert member.put(f"models/{model.pk}/card/", {"card": text}).status_code == 200

    assert CANARY not in _card(stranger, str(model.pk))


def test_what_is_shared_in_a_project_is_named_to_its_groups_only(
    member: Caller, stranger: Caller, group: Group, project: Project
) -> None:
    joined = make.make_group()
    make.join(project, joined)
    make.make_model(project, name=CANARY, visibility="project", hub_id=f"us/{CANARY}")
    sharer = calls_as(make.make_member(joined))
    key = _import(sharer, joined, f"base_model: us/{CANARY}\nnew_version: us/{CANARY}")

    assert CANARY in _card(member, key)
    assert CANARY not in _card(stranger, key)


def test_a_stranger_still_reads_the_parents_that_are_open(
    member: Caller, stranger: Caller, group: Group, hidden: Model
) -> None:
    key = _import(member, group, _heads(hidden)["merge"])

    assert _keys(_card(stranger, key))["base_model"] == ["other/one"]


@pytest.mark.parametrize("how", NAMED)
def test_the_name_comes_back_when_the_entry_is_opened(
    member: Caller, stranger: Caller, group: Group, hidden: Model, how: str
) -> None:
    key = _import(member, group, _heads(hidden)[how])
    Model.objects.filter(pk=hidden.pk).update(visibility="public")

    assert CANARY in _card(stranger, key)


def test_a_parent_that_was_linked_by_hand_is_hidden_too(
    member: Caller, stranger: Caller, group: Group, hidden: Model
) -> None:
    key = _import(member, group, "license: mit")
    child = Model.objects.get(pk=key).versions.get()
    Derivation.objects.create(child=child, parent=hidden.versions.get(), kind="distilled")

    assert CANARY in _card(member, key)
    assert CANARY not in _card(stranger, key)


def test_a_hidden_model_has_no_card_for_a_stranger(
    stranger: Caller, member: Caller, hidden: Model
) -> None:
    assert stranger.get(f"models/{hidden.pk}/card/").status_code == 404
    assert member.get(f"models/{hidden.pk}/card/").status_code == 200


def test_a_stranger_puts_no_card_on_what_they_merely_see(
    stranger: Caller, member: Caller, group: Group
) -> None:
    key = _import(member, group, "license: mit")

    refused: Any = stranger.put(f"models/{key}/card/", {"card": "mine"})

    assert refused.status_code == 403
    assert Model.objects.get(pk=key).card == "Text"


def test_a_name_that_the_author_may_not_see_tells_them_nothing(
    stranger: Caller, member: Caller, hidden: Model
) -> None:
    own = Group.objects.get(memberships__user=stranger.user)

    key = _import(stranger, own, f"new_version: {hidden.qualified}\nlicense: mit")

    assert Model.objects.get(pk=key).successor is None
    assert hidden.qualified in _card(stranger, key)


def test_a_successor_from_a_card_may_not_close_a_circle(
    member: Caller, project: Project, group: Group
) -> None:
    older = make.make_model(project, name="Older")
    newer = make.make_model(project, name="Newer", visibility="public")
    member.put(f"models/{older.pk}/card/", {"card": "---\nnew_version: Newer\n---\n"})

    refused = member.put(f"models/{newer.pk}/card/", {"card": "---\nnew_version: Older\n---\n"})

    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["successor"])
    assert Model.objects.get(pk=newer.pk).card_meta == {}

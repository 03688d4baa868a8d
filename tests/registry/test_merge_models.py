"""Two records of one effort become one; the other stays visible and leads to it."""

from __future__ import annotations

from typing import Any

import pytest

from projects.models import Event, Group, Project
from projects.roles import Role
from registry.models import Derivation, Model
from tests import make
from tests.conftest import Caller, calls_as


@pytest.fixture
def model(project: Project) -> Model:
    return make.make_model(project, name="Twice")


@pytest.fixture
def into(project: Project) -> Model:
    return make.make_model(project, name="Once")


@pytest.fixture
def theirs(db: None) -> Model:
    """A record of another partner, open to everybody."""
    project = make.make_project(make.make_group())
    return make.make_model(project, name="Theirs", visibility="public")


def _merge(caller: Caller, model: Model, into: Model, reason: str = "the same") -> Any:
    return caller.post(f"models/{model.pk}/merge/", {"into": str(into.pk), "reason": reason})


def test_who_edits_both_joins_them(member: Caller, model: Model, into: Model) -> None:
    joined = _merge(member, model, into)

    assert joined.status_code == 200
    assert (joined.json()["state"], joined.json()["merged_into"]) == ("withdrawn", str(into.pk))


def test_a_coordinator_joins_the_records_of_two_groups(
    coordinator: Caller, model: Model, theirs: Model
) -> None:
    assert _merge(coordinator, model, theirs).status_code == 200


@pytest.mark.parametrize("turned", [False, True])
def test_who_edits_one_of_them_joins_nothing(
    member: Caller, model: Model, theirs: Model, turned: bool
) -> None:
    pair = (theirs, model) if turned else (model, theirs)

    assert _merge(member, *pair).status_code == 403
    assert not Model.objects.filter(state="withdrawn").exists()


def test_who_edits_both_in_two_groups_joins_them(
    member: Caller, model: Model, theirs: Model
) -> None:
    theirs.group.memberships.create(user=member.user, role=Role.MEMBER)
    member.user.refresh_from_db()

    assert _merge(member, model, theirs).status_code == 200


@pytest.mark.parametrize("who", ["guest", "quota_admin", "auditor", "portal_admin"])
def test_who_may_only_read_joins_nothing(
    model: Model, into: Model, who: str, request: pytest.FixtureRequest
) -> None:
    assert _merge(request.getfixturevalue(who), model, into).status_code == 403


def test_to_a_stranger_neither_is_there(stranger: Caller, model: Model, into: Model) -> None:
    hidden = _merge(stranger, model, into)

    absent = stranger.post(f"models/{make.key()}/merge/", {"into": make.key()})
    assert (hidden.status_code, hidden.content) == (404, absent.content)


def test_a_stranger_joins_their_own_to_no_hidden_one(stranger: Caller, into: Model) -> None:
    own = Group.objects.get(memberships__user=stranger.user)
    mine = make.make_model(make.make_project(own))

    hidden = _merge(stranger, mine, into)

    absent = stranger.post(f"models/{mine.pk}/merge/", {"into": make.key()})
    assert (hidden.status_code, hidden.content) == (404, absent.content)


def test_a_record_is_not_joined_to_itself(member: Caller, model: Model) -> None:
    refused = _merge(member, model, model)

    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["into"])


@pytest.mark.parametrize("turned", [False, True])
def test_what_derives_from_the_other_is_another_effort(
    member: Caller, model: Model, into: Model, project: Project, turned: bool
) -> None:
    between = make.make_model(project)
    make.make_edge(model, between)
    make.make_edge(between, into)

    refused = _merge(member, into, model) if turned else _merge(member, model, into)

    assert refused.status_code == 409
    assert "two efforts" in refused.json()["detail"]


@pytest.mark.parametrize("state", ["withdrawn", "abandoned"])
def test_nothing_is_joined_to_what_has_ended(
    member: Caller, model: Model, into: Model, state: str
) -> None:
    Model.objects.filter(pk=into.pk).update(state=state)

    assert _merge(member, model, into).status_code == 409


def test_what_was_joined_is_not_joined_again(
    member: Caller, model: Model, into: Model, project: Project
) -> None:
    _merge(member, model, into)

    assert _merge(member, model, make.make_model(project)).status_code == 409


def test_a_record_with_an_allocation_in_force_is_not_joined(
    member: Caller, model: Model, into: Model, project: Project
) -> None:
    make.make_allocation(project, model=model)

    assert _merge(member, model, into).status_code == 409
    assert Model.objects.get(pk=model.pk).merged_into is None


def test_what_it_derives_from_is_kept_with_the_other(
    member: Caller, model: Model, into: Model, project: Project
) -> None:
    base = make.make_model(project)
    make.make_edge(model, base, "merge")
    make.make_edge(model, "their/model-7b")

    _merge(member, model, into)

    taken = into.versions.get().parents
    assert sorted(taken.values_list("parent__model", "literal", "kind"), key=str) == sorted(
        [(base.pk, "", "merge"), (None, "their/model-7b", "finetune")], key=str
    )


def test_what_both_derive_from_is_kept_once(
    member: Caller, model: Model, into: Model, project: Project
) -> None:
    base = make.make_model(project)
    for child in (model, into):
        make.make_edge(child, base)
        make.make_edge(child, "their/model-7b")

    _merge(member, model, into)

    assert into.versions.get().parents.count() == 2


def test_an_edge_between_versions_of_the_joined_record_is_kept_as_well(
    member: Caller, model: Model, into: Model
) -> None:
    first, second = make.make_version(model), make.make_version(model)
    make.make_edge(second, first)

    assert _merge(member, model, into).status_code == 200
    assert Derivation.objects.filter(child__model=into, parent=first).exists()


def test_the_partners_of_both_stand_with_the_one_that_is_left(
    coordinator: Caller, model: Model, theirs: Model
) -> None:
    third = make.make_partner()
    model.partners.add(third)

    _merge(coordinator, model, theirs)

    assert set(theirs.partners.all()) == {model.group.partner, third}


def test_the_joined_record_stays_visible_and_leads_on(
    member: Caller, model: Model, into: Model
) -> None:
    _merge(member, model, into)

    shown = member.get(f"models/{model.pk}/").json()
    assert (shown["state"], shown["merged_into"]) == ("withdrawn", str(into.pk))
    assert shown["id"] in [row["id"] for row in member.get("models/").json()["results"]]


def test_who_may_not_see_the_one_that_is_left_is_not_led_there(
    coordinator: Caller, stranger: Caller, model: Model, theirs: Model
) -> None:
    _merge(coordinator, theirs, model)

    assert stranger.get(f"models/{theirs.pk}/").json()["merged_into"] is None


def test_its_name_is_free_again(member: Caller, model: Model, into: Model) -> None:
    _merge(member, model, into)

    body = {"name": "Twice", "group": str(model.group_id)}
    assert member.post("models/", body).status_code == 201


def test_a_merge_is_told_with_both_records(member: Caller, model: Model, into: Model) -> None:
    _merge(member, model, into)

    told = {
        event.object_id: (event.changes, event.reason)
        for event in Event.objects.filter(kind="merge_models")
    }
    assert told == {
        model.pk: ({"merged_into": [None, str(into.pk)]}, "the same"),
        into.pk: ({"merged": [None, str(model.pk)]}, "the same"),
    }


def test_a_partaker_of_the_project_joins_nothing(
    model: Model, into: Model, project: Project
) -> None:
    joined = make.make_group()
    make.join(project, joined)
    Model.objects.update(visibility="project")

    assert _merge(calls_as(make.make_member(joined)), model, into).status_code == 403

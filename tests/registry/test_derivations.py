"""Saying what a version derives from, changing how, and taking it back; circles are refused."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from projects.models import Event, Group, Project
from registry.models import Derivation, Model, Version
from tests import make
from tests.conftest import Caller


@pytest.fixture
def base(project: Project) -> Model:
    return make.make_model(project, name="Base")


@pytest.fixture
def child(project: Project) -> Version:
    return make.make_version(make.make_model(project, name="Child"))


@pytest.fixture
def edge(child: Version, base: Model) -> Derivation:
    return make.make_edge(child, base)


def _link(caller: Caller, child: Version, **parent: Any) -> Any:
    return caller.post("derivations/", {"child": str(child.pk), **parent})


def test_a_member_says_what_a_version_derives_from(
    member: Caller, child: Version, base: Model
) -> None:
    made = _link(member, child, model=str(base.pk), kind="finetune")

    assert made.status_code == 201
    assert made.json() | {"parent": str(base.newest_version().pk), "kind": "finetune"} == (
        made.json()
    )


def test_what_people_say_is_declared(member: Caller, child: Version, base: Model) -> None:
    made = _link(member, child, model=str(base.pk)).json()

    assert (made["evidence"], made["is_inferred"]) == ("declared", False)


def test_a_parent_that_is_no_entry_is_kept_as_written(member: Caller, child: Version) -> None:
    made = _link(member, child, literal="their/model-7b").json()

    assert (made["parent"], made["literal"]) == (None, "their/model-7b")


def test_a_link_is_told_in_the_log(member: Caller, child: Version, base: Model) -> None:
    _link(member, child, model=str(base.pk), kind="merge")

    changes = Event.objects.get(kind="link_parent").changes
    assert changes == {
        "parent": [None, str(base.newest_version().pk)], "kind": [None, "merge"]
    }  # fmt: skip


def test_one_parent_in_two_ways_is_two_links(
    member: Caller, child: Version, edge: Derivation, base: Model
) -> None:
    assert _link(member, child, model=str(base.pk), kind="distilled").status_code == 201


def test_the_same_link_twice_is_refused_with_a_sentence(
    member: Caller, child: Version, edge: Derivation, base: Model
) -> None:
    refused = _link(member, child, model=str(base.pk), kind="finetune")

    assert refused.status_code == 409
    assert "named already" in refused.json()["detail"]


def test_a_version_does_not_derive_from_itself(member: Caller, child: Version) -> None:
    refused = _link(member, child, version=str(child.pk))

    assert refused.status_code == 409
    assert "derive from itself" in refused.json()["detail"]


def test_a_circle_of_two_is_refused_with_a_sentence(
    member: Caller, edge: Derivation, base: Model, child: Version
) -> None:
    refused = _link(member, base.newest_version(), version=str(child.pk))

    assert (refused.status_code, list(refused.json()["errors"])) == (409, ["parents"])
    assert "circle" in refused.json()["detail"]
    assert Derivation.objects.get() == edge


def test_a_long_circle_is_refused(member: Caller, project: Project) -> None:
    line = [make.make_model(project) for _ in range(6)]
    for younger, older in pairwise(line):
        make.make_edge(younger, older)

    refused = _link(member, line[-1].newest_version(), model=str(line[0].pk))

    assert refused.status_code == 409


def test_a_circle_through_versions_of_one_model_is_none(
    member: Caller, base: Model, project: Project
) -> None:
    first, second = make.make_version(base), make.make_version(base)

    assert _link(member, second, version=str(first.pk)).status_code == 201


def test_a_registration_that_closes_a_circle_is_refused(
    member: Caller, edge: Derivation, base: Model
) -> None:
    child = edge.child.model
    body = {"model": str(base.pk), "source": "s3://x", "parents": [{"model": str(child.pk)}]}

    assert member.post("versions/", body).status_code == 409


@pytest.mark.parametrize("by", ["model", "version"])
def test_a_private_parent_is_refused_like_none_at_all(
    stranger: Caller, base: Model, by: str
) -> None:
    own = Group.objects.get(memberships__user=stranger.user)
    theirs = make.make_model(make.make_project(own)).newest_version()
    key = base.pk if by == "model" else base.newest_version().pk

    hidden = _link(stranger, theirs, **{by: str(key)})

    absent = _link(stranger, theirs, **{by: make.key()})
    assert (hidden.status_code, hidden.content) == (404, absent.content)
    assert not Derivation.objects.exists()


def test_a_stranger_links_nothing_to_our_versions(stranger: Caller, child: Version) -> None:
    hidden = _link(stranger, child, literal="x")

    unknown = stranger.post("derivations/", {"child": make.key(), "literal": "x"})
    assert (hidden.status_code, hidden.content) == (404, unknown.content)


def test_a_stranger_who_sees_a_version_says_nothing_about_it(
    stranger: Caller, child: Version
) -> None:
    Model.objects.update(visibility="public")

    assert _link(stranger, child, literal="x").status_code == 403


def test_a_guest_links_nothing(guest: Caller, child: Version) -> None:
    assert _link(guest, child, literal="x").status_code == 403


@pytest.mark.parametrize(
    "parent",
    [
        {},
        {"literal": ""},
        {"literal": "x" * 301},
        {"literal": "x", "kind": "guess"},
        {"literal": "x", "model": "00000000-0000-0000-0000-000000000000"},
        {"literal": "a\x00b"},
        {"literal": "x", "evidence": "verified"},
        {"literal": "x", "is_inferred": True},
    ],
)
def test_a_link_that_cannot_be_read_is_refused(
    member: Caller, child: Version, parent: dict[str, Any]
) -> None:
    assert _link(member, child, **parent).status_code == 400
    assert not Derivation.objects.exists()


def test_how_it_derives_is_said_later(member: Caller, edge: Derivation) -> None:
    Derivation.objects.update(is_inferred=True)

    shown = member.patch(f"derivations/{edge.pk}/", {"kind": "merge"}).json()

    assert (shown["kind"], shown["is_inferred"]) == ("merge", False)


def test_how_it_derives_is_in_the_log_before_and_after(member: Caller, edge: Derivation) -> None:
    member.patch(f"derivations/{edge.pk}/", {"kind": "merge"})

    assert Event.objects.get(kind="change_kind").changes == {"kind": ["finetune", "merge"]}


def test_a_kind_that_is_there_already_is_refused(
    member: Caller, edge: Derivation, child: Version, base: Model
) -> None:
    make.make_edge(child, base, "merge")

    assert member.patch(f"derivations/{edge.pk}/", {"kind": "merge"}).status_code == 409


def test_the_ends_of_a_link_do_not_move(member: Caller, edge: Derivation) -> None:
    refused = member.patch(f"derivations/{edge.pk}/", {"kind": "merge", "parent": make.key()})

    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["parent"])


def test_a_link_is_taken_back(member: Caller, edge: Derivation) -> None:
    assert member.delete(f"derivations/{edge.pk}/").status_code == 204
    assert not Derivation.objects.exists()


def test_the_log_keeps_a_link_that_was_taken_back(member: Caller, edge: Derivation) -> None:
    member.delete(f"derivations/{edge.pk}/")

    changes = Event.objects.get(kind="unlink_parent").changes
    assert changes == {"parent": [str(edge.parent_id), None], "kind": ["finetune", None]}


def test_what_was_a_circle_is_none_when_the_other_link_is_gone(
    member: Caller, edge: Derivation, base: Model, child: Version
) -> None:
    member.delete(f"derivations/{edge.pk}/")

    assert _link(member, base.newest_version(), version=str(child.pk)).status_code == 201


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_to_a_stranger_a_link_is_not_there(
    stranger: Caller, edge: Derivation, method: str
) -> None:
    hidden = getattr(stranger, method)(f"derivations/{edge.pk}/", {"kind": "merge"})

    absent = getattr(stranger, method)(f"derivations/{make.key()}/", {"kind": "merge"})
    assert (hidden.status_code, hidden.content) == (404, absent.content)


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_a_stranger_who_sees_both_ends_changes_nothing(
    stranger: Caller, edge: Derivation, method: str
) -> None:
    Model.objects.update(visibility="public")

    refused = getattr(stranger, method)(f"derivations/{edge.pk}/", {"kind": "merge"})

    assert refused.status_code == 403


def test_a_link_with_one_hidden_end_is_not_there(stranger: Caller, edge: Derivation) -> None:
    Model.objects.filter(name="Child").update(visibility="public")

    assert stranger.get(f"derivations/{edge.pk}/").status_code == 404
    assert stranger.get("derivations/").json()["results"] == []


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("?child={child}", 1), ("?child={parent}", 0), ("?parent={parent}", 1),
        ("?kind=finetune", 1), ("?kind=merge", 0), ("?evidence=declared", 1),
        ("?evidence=verified", 0),
    ],
)  # fmt: skip
def test_links_are_filtered(member: Caller, edge: Derivation, query: str, count: int) -> None:
    path = query.format(child=edge.child_id, parent=edge.parent_id)

    assert len(member.get(f"derivations/{path}").json()["results"]) == count

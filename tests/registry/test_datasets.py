"""Datasets: described, derived from each other without circles, hidden parents not told."""

from __future__ import annotations

from typing import Any

import pytest

from projects.models import Event, Group, Project
from registry.models import Dataset, DatasetDerivation
from tests import make
from tests.conftest import Caller, calls_as


@pytest.fixture
def data(group: Group) -> Dataset:
    return make.make_dataset(group, name="Web")


def _register(caller: Caller, group: Group, **values: Any) -> Any:
    return caller.post("datasets/", {"name": "New", "group": str(group.pk), **values})


def _parents(*rows: Dataset, kind: str = "filtered") -> list[dict[str, str]]:
    return [{"dataset": str(row.pk), "kind": kind} for row in rows]


def _refused(answer: Any) -> tuple[int, list[str]]:
    return answer.status_code, list(answer.json()["errors"])


def test_a_member_registers_a_dataset(member: Caller, group: Group) -> None:
    made = _register(member, group)

    assert made.status_code == 201
    assert made.json()["visibility"] == "group"


def test_what_is_told_comes_back(member: Caller, group: Group, project: Project) -> None:
    told = {
        "project": str(project.pk), "visibility": "project", "languages": ["de", "en"],
        "tokens": 10**12, "licence": "cc-by-4.0", "homepage": "https://example.org/data",
        "description": "Pages of the web",
    }  # fmt: skip

    made = _register(member, group, **told).json()

    assert member.get(f"datasets/{made['id']}/").json() | told == made


def test_it_may_derive_from_others(member: Caller, group: Group, data: Dataset) -> None:
    made = _register(member, group, parents=_parents(data)).json()

    assert made["parents"] == [{"dataset": str(data.pk), "kind": "filtered"}]


def test_a_name_is_taken_once_per_group(member: Caller, group: Group, data: Dataset) -> None:
    assert _refused(_register(member, group, name="Web")) == (409, ["name"])


def test_another_group_may_use_the_name(stranger: Caller, data: Dataset) -> None:
    own = Group.objects.get(memberships__user=stranger.user)

    assert _register(stranger, own, name="Web").status_code == 201


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", "x" * 201), ("name", "a\x00"), ("visibility", "all"),
        ("languages", ["german"]), ("languages", "de"), ("tokens", 0), ("tokens", 10**18 + 1),
        ("licence", "x" * 61), ("homepage", "no address"), ("homepage", "javascript:alert(1)"),
        ("description", "x" * 50_001), ("parents", [{}]), ("parents", [{"dataset": "Web"}]),
        ("created_by", "x"),
    ],
)  # fmt: skip
def test_what_is_not_accepted_is_named(
    member: Caller, group: Group, field: str, value: Any
) -> None:
    assert _refused(_register(member, group, **{field: value})) == (400, [field])
    assert not Dataset.objects.exists()


def test_it_is_told_in_the_log(member: Caller, group: Group) -> None:
    made = _register(member, group).json()

    event = Event.objects.get(kind="register_dataset")
    assert (str(event.object_id), event.changes) == (made["id"], {"name": [None, "New"]})


def test_one_fact_is_changed_and_the_others_stay(member: Caller, data: Dataset) -> None:
    shown = member.patch(f"datasets/{data.pk}/", {"licence": "MIT"}).json()

    assert (shown["licence"], shown["name"]) == ("MIT", "Web")
    assert Event.objects.get(kind="update_dataset").changes == {"licence": ["", "MIT"]}


def test_the_name_of_another_is_refused(member: Caller, group: Group, data: Dataset) -> None:
    make.make_dataset(group, name="Other")

    assert _refused(member.patch(f"datasets/{data.pk}/", {"name": "Other"})) == (409, ["name"])


def test_parents_that_are_given_replace_those_that_were(
    member: Caller, group: Group, data: Dataset
) -> None:
    child = make.make_dataset(group, data)
    other = make.make_dataset(group)

    shown = member.patch(f"datasets/{child.pk}/", {"parents": _parents(other)}).json()

    assert [row["dataset"] for row in shown["parents"]] == [str(other.pk)]


def test_a_parent_that_the_editor_may_not_see_stays(
    member: Caller, group: Group, data: Dataset
) -> None:
    hidden = make.make_dataset(make.make_group())
    child = make.make_dataset(group, data)
    child.parents.create(parent=hidden)

    shown = member.patch(f"datasets/{child.pk}/", {"parents": []}).json()

    assert shown["parents"] == []
    assert [edge.parent for edge in child.parents.all()] == [hidden]
    assert str(hidden.pk) not in str(Event.objects.get(kind="update_dataset").changes)


def test_parents_stay_unless_they_are_given(member: Caller, group: Group, data: Dataset) -> None:
    child = make.make_dataset(group, data)

    shown = member.patch(f"datasets/{child.pk}/", {"licence": "MIT"}).json()

    assert len(shown["parents"]) == 1


def test_a_circle_is_refused_with_a_sentence(member: Caller, group: Group, data: Dataset) -> None:
    middle = make.make_dataset(group, data)
    child = make.make_dataset(group, middle)

    refused = member.patch(f"datasets/{data.pk}/", {"parents": _parents(child)})

    assert _refused(refused) == (409, ["parents"])
    assert "circle" in refused.json()["detail"]
    assert DatasetDerivation.objects.count() == 2


def test_a_refused_circle_leaves_everything_as_it_was(
    member: Caller, group: Group, data: Dataset
) -> None:
    above = make.make_dataset(group)
    data.parents.create(parent=above)
    child = make.make_dataset(group, data)

    body = {"licence": "MIT", "parents": _parents(child)}
    member.patch(f"datasets/{data.pk}/", body)

    data.refresh_from_db()
    assert (data.licence, [edge.parent for edge in data.parents.all()]) == ("", [above])


def test_it_does_not_derive_from_itself(member: Caller, data: Dataset) -> None:
    refused = member.patch(f"datasets/{data.pk}/", {"parents": _parents(data)})

    assert refused.status_code == 409
    assert "from itself" in refused.json()["detail"]


def test_a_parent_is_named_once(member: Caller, group: Group, data: Dataset) -> None:
    refused = _register(member, group, parents=_parents(data, data))

    assert _refused(refused) == (409, ["parents"])
    assert not Dataset.objects.filter(name="New").exists()


@pytest.mark.parametrize("call", ["post", "patch"])
def test_a_private_parent_is_refused_like_none_at_all(
    stranger: Caller, data: Dataset, call: str
) -> None:
    own = Group.objects.get(memberships__user=stranger.user)
    mine = make.make_dataset(own)

    def derive(key: str) -> Any:
        parents = [{"dataset": key}]
        if call == "post":
            return _register(stranger, own, parents=parents)
        return stranger.patch(f"datasets/{mine.pk}/", {"parents": parents})

    hidden = derive(str(data.pk))

    assert (hidden.status_code, hidden.content) == (404, derive(make.key()).content)


def test_a_hidden_parent_is_not_told(stranger: Caller, group: Group, data: Dataset) -> None:
    child = make.make_dataset(group, data, visibility="public")

    shown = stranger.get(f"datasets/{child.pk}/").json()

    assert shown["parents"] == []
    assert str(data.pk) not in stranger.get("datasets/").content.decode()


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"Web", "Books"}), ("?name=Web", {"Web"}), ("?name__icontains=OO", {"Books"}),
        ("?licence=MIT", {"Books"}), ("?group={group}", {"Web", "Books"}),
        ("?group=00000000-0000-4000-8000-000000000000", set()),
    ],
)  # fmt: skip
def test_datasets_are_filtered(
    member: Caller, group: Group, data: Dataset, query: str, names: set[str]
) -> None:
    make.make_dataset(group, name="Books", licence="MIT")

    rows = member.get(f"datasets/{query.format(group=group.pk)}").json()["results"]

    assert {row["name"] for row in rows} == names


def test_a_group_that_takes_part_reads_what_is_shared_in_the_project(
    group: Group, project: Project
) -> None:
    joined = make.make_group()
    make.join(project, joined)
    shared = make.make_dataset(group, project=project, visibility="project")
    partaker = calls_as(make.make_member(joined))

    assert partaker.get(f"datasets/{shared.pk}/").status_code == 200
    assert partaker.patch(f"datasets/{shared.pk}/", {"name": "Mine"}).status_code == 403


def test_a_guest_registers_and_changes_none(guest: Caller, group: Group, data: Dataset) -> None:
    assert _register(guest, group).status_code == 403
    assert guest.patch(f"datasets/{data.pk}/", {"name": "Mine"}).status_code == 403


def test_a_stranger_registers_none_in_our_group(stranger: Caller, group: Group) -> None:
    assert _register(stranger, group).status_code == 403


def test_a_strangers_dataset_in_our_hidden_project_is_refused_as_in_none(
    stranger: Caller, project: Project
) -> None:
    own = Group.objects.get(memberships__user=stranger.user)

    hidden = _register(stranger, own, project=str(project.pk))

    absent = _register(stranger, own, project=make.key())
    assert (hidden.status_code, hidden.content) == (404, absent.content)


@pytest.mark.parametrize("method", ["get", "patch"])
def test_to_a_stranger_a_dataset_is_not_there(
    stranger: Caller, data: Dataset, method: str
) -> None:
    def call(key: Any) -> Any:
        path = f"datasets/{key}/"
        return stranger.get(path) if method == "get" else stranger.patch(path, {"name": "Mine"})

    hidden = call(data.pk)

    assert (hidden.status_code, hidden.content) == (404, call(make.key()).content)

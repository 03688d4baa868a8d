"""Names that point to one version of a model and may be moved."""

from __future__ import annotations

from typing import Any

import pytest

from projects.models import Event, Project
from registry.models import Alias, Model, Version
from tests import make
from tests.conftest import Caller


@pytest.fixture
def model(project: Project) -> Model:
    return make.make_model(project)


@pytest.fixture
def versions(model: Model) -> list[Version]:
    return [make.make_version(model), make.make_version(model)]


def _name(caller: Caller, version: Version, name: str) -> Any:
    return caller.put(f"versions/{version.pk}/aliases/{name}/", {})


def test_a_member_lets_a_name_point_to_a_version(member: Caller, versions: list[Version]) -> None:
    assert _name(member, versions[0], "champion").json()["aliases"] == ["champion"]


def test_a_name_that_points_elsewhere_is_moved(member: Caller, versions: list[Version]) -> None:
    _name(member, versions[0], "champion")

    assert _name(member, versions[1], "champion").json()["aliases"] == ["champion"]
    assert member.get(f"versions/{versions[0].pk}/").json()["aliases"] == []


def test_a_version_may_have_several_names(member: Caller, versions: list[Version]) -> None:
    _name(member, versions[0], "b")

    assert _name(member, versions[0], "a").json()["aliases"] == ["a", "b"]


def test_two_models_may_use_the_same_name(
    member: Caller, versions: list[Version], project: Project
) -> None:
    other = make.make_version(make.make_model(project))
    _name(member, versions[0], "champion")
    _name(member, other, "champion")

    assert Alias.objects.filter(name="champion").count() == 2


def test_a_name_is_taken_away(member: Caller, versions: list[Version]) -> None:
    _name(member, versions[0], "champion")

    shown = member.delete(f"versions/{versions[0].pk}/aliases/champion/").json()

    assert shown["aliases"] == []


def test_a_name_that_is_not_there_is_gone_already(member: Caller, versions: list[Version]) -> None:
    assert member.delete(f"versions/{versions[0].pk}/aliases/champion/").status_code == 200


def test_a_name_of_another_version_is_not_taken_away(
    member: Caller, versions: list[Version]
) -> None:
    _name(member, versions[0], "champion")

    member.delete(f"versions/{versions[1].pk}/aliases/champion/")

    assert Alias.objects.get().version == versions[0]


def test_withdrawn_weights_lose_their_names(member: Caller, versions: list[Version]) -> None:
    _name(member, versions[0], "champion")

    member.post(f"versions/{versions[0].pk}/withdraw/")

    assert not Alias.objects.exists()


@pytest.mark.parametrize("name", ["latest", "v1", "V22", "a.b", "a b", "x" * 257, "a\x00"])
def test_a_name_that_means_something_else_is_refused(
    member: Caller, versions: list[Version], name: str
) -> None:
    refused = _name(member, versions[0], name)

    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["alias"])
    assert not Alias.objects.exists()


@pytest.mark.parametrize("name", ["Latest", "v1a", "x" * 256, "größte", "1", "-", "_"])
def test_other_names_are_fine(member: Caller, versions: list[Version], name: str) -> None:
    assert _name(member, versions[0], name).json()["aliases"] == [name]


def test_names_are_told_in_the_log(member: Caller, versions: list[Version]) -> None:
    _name(member, versions[0], "champion")
    member.delete(f"versions/{versions[0].pk}/aliases/champion/")

    told = Event.objects.filter(kind__endswith="_alias").order_by("sequence")
    assert [event.changes for event in told] == [
        {"alias": [None, "champion"]}, {"alias": ["champion", None]}
    ]  # fmt: skip


@pytest.mark.parametrize("method", ["put", "delete"])
def test_a_guest_names_nothing(guest: Caller, versions: list[Version], method: str) -> None:
    path = f"versions/{versions[0].pk}/aliases/champion/"

    assert getattr(guest, method)(path, {}).status_code == 403


@pytest.mark.parametrize("method", ["put", "delete"])
def test_to_a_stranger_the_version_is_not_there(
    stranger: Caller, versions: list[Version], method: str
) -> None:
    hidden = getattr(stranger, method)(f"versions/{versions[0].pk}/aliases/champion/", {})

    absent = getattr(stranger, method)(f"versions/{make.key()}/aliases/champion/", {})
    assert (hidden.status_code, hidden.content) == (404, absent.content)

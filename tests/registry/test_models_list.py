"""The list of models: what the caller may see, filtered and counted over that alone."""

from __future__ import annotations

import pytest

from projects.models import Project
from registry.models import Model
from tests import make
from tests.conftest import Caller


def _names(caller: Caller, query: str = "") -> list[str]:
    return [row["name"] for row in caller.get(f"models/{query}").json()["results"]]


@pytest.fixture
def models(project: Project) -> list[Model]:
    return [make.make_model(project, name=name) for name in ("Eule", "Uhu")]


def test_the_newest_comes_first(member: Caller, models: list[Model]) -> None:
    assert _names(member) == ["Uhu", "Eule"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?name=Uhu", ["Uhu"]),
        ("?name__icontains=EUL", ["Eule"]),
        ("?name__icontains=%25", []),
        ("?state=planned", ["Uhu", "Eule"]),
        ("?state=released", []),
        ("?project__slug=ours", ["Uhu", "Eule"]),
        ("?project__slug=theirs", []),
    ],
)
def test_filters_narrow_it(
    member: Caller, models: list[Model], query: str, names: list[str]
) -> None:
    assert _names(member, query) == names


@pytest.mark.parametrize(
    "query", ["?state=nonsense", "?project=ours", "?group=7", "?name=%00", "?project=%00"]
)
def test_a_filter_that_cannot_be_read_is_refused(member: Caller, query: str) -> None:
    assert member.get(f"models/{query}").status_code == 400


@pytest.mark.parametrize("query", ["", "?name=Uhu", "?name__icontains=u", "?project__slug=ours"])
def test_a_stranger_finds_none_of_ours_by_any_filter(
    stranger: Caller, models: list[Model], query: str
) -> None:
    assert _names(stranger, query) == []


def test_a_stranger_finds_what_is_public(stranger: Caller, models: list[Model]) -> None:
    Model.objects.filter(name="Uhu").update(visibility="public")

    assert _names(stranger) == ["Uhu"]


def test_nothing_private_is_shown_of_a_public_model_in_a_hidden_project(
    stranger: Caller, models: list[Model], project: Project
) -> None:
    Model.objects.filter(name="Uhu").update(visibility="public")

    shown = stranger.get("models/").content

    assert project.slug.encode() not in shown
    assert project.title.encode() not in shown


@pytest.mark.parametrize("who", ["member", "stranger", "auditor"])
def test_the_first_page_holds_what_a_filtered_list_holds(
    request: pytest.FixtureRequest, project: Project, who: str
) -> None:
    for n in range(5):
        make.make_model(project, visibility=("public", "partners", "project", "group")[n % 4])
    caller: Caller = request.getfixturevalue(who)

    first = caller.get("models/?page_size=2").json()
    filtered = caller.get("models/?page_size=2&name__icontains=").json()

    assert first["results"] == filtered["results"]
    following = caller.get(first["next"].removeprefix("http://testserver")).json()["results"]
    also = caller.get(filtered["next"].removeprefix("http://testserver")).json()["results"]
    assert following == also != first["results"]

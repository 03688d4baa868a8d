"""Until its embargo ends an entry is its group's alone; from that day on its visibility counts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from projects.models import Event, Project
from registry.models import Model
from tests import make
from tests.conftest import Caller, calls_as


@pytest.fixture
def model(project: Project) -> Model:
    """Public, but not before tomorrow."""
    later = make.today() + timedelta(1)
    model = make.make_model(
        project, name="Secret until then", visibility="public", embargo_until=later, tokens=7
    )
    make.make_fingerprint(make.make_version(model))
    return model


def end(model: Model) -> None:
    """The day has come."""
    Model.objects.filter(pk=model.pk).update(embargo_until=make.today())


DETAILS = (
    "models/{model}/",
    "models/{model}/lineage/",
    "models/{model}/affected/",
    "models/{model}/compute/",
    "models/{model}/ai-act/",
    "models/{model}/licence-flow/",
    "models/{model}/card/",
    "versions/{version}/",
    "versions/{version}/fingerprint/",
    "figures/{figure}/",
)
LISTS = ("models/", "models/?q=Secret", "versions/?model={model}", "figures/?model={model}")


def address(path: str, model: Model) -> str:
    figure = model.figures.first()
    assert figure is not None
    return path.format(model=model.pk, version=model.newest_version().pk, figure=figure.pk)


@pytest.mark.parametrize("path", DETAILS)
def test_before_the_day_a_stranger_finds_nothing_at_any_address(
    stranger: Caller, model: Model, path: str
) -> None:
    hidden = stranger.get(address(path, model))

    absent = stranger.get(path.format(model=make.key(), version=make.key(), figure=make.key()))
    assert (hidden.status_code, hidden.content) == (404, absent.content)


@pytest.mark.parametrize("path", DETAILS)
def test_from_the_day_on_a_stranger_finds_it(stranger: Caller, model: Model, path: str) -> None:
    end(model)

    assert stranger.get(address(path, model)).status_code == 200


@pytest.mark.parametrize("path", LISTS)
def test_no_list_shows_it_to_a_stranger_before_the_day(
    stranger: Caller, model: Model, path: str
) -> None:
    assert stranger.get(address(path, model)).json()["results"] == []


@pytest.mark.parametrize("path", LISTS)
def test_lists_show_it_to_a_stranger_from_the_day_on(
    stranger: Caller, model: Model, path: str
) -> None:
    end(model)

    assert stranger.get(address(path, model)).json()["results"] != []


@pytest.mark.parametrize("path", [*DETAILS, *LISTS])
@pytest.mark.parametrize("who", ["guest", "member", "auditor", "coordinator"])
def test_its_group_and_the_staff_see_it_before_the_day(
    model: Model, path: str, who: str, request: pytest.FixtureRequest
) -> None:
    caller: Caller = request.getfixturevalue(who)

    found = caller.get(address(path, model))

    assert found.status_code == 200
    if path in LISTS:
        assert found.json()["results"] != []


def test_a_group_that_takes_part_waits_as_well(model: Model, project: Project) -> None:
    joined = make.make_group()
    make.join(project, joined)
    Model.objects.update(visibility="project")
    partaker = calls_as(make.make_member(joined))

    before = partaker.get(f"models/{model.pk}/").status_code
    end(model)

    assert (before, partaker.get(f"models/{model.pk}/").status_code) == (404, 200)


def test_the_end_of_an_embargo_opens_what_is_private_to_nobody(
    stranger: Caller, model: Model
) -> None:
    Model.objects.update(visibility="group", embargo_until=make.today())

    assert stranger.get(f"models/{model.pk}/").status_code == 404


def test_the_lineage_of_others_does_not_show_it_before_the_day(
    stranger: Caller, model: Model, project: Project
) -> None:
    child = make.make_model(project, visibility="public")
    make.make_edge(child, model)

    def names() -> list[str]:
        nodes = stranger.get(f"models/{child.pk}/lineage/").json()["nodes"]
        return [node["name"] for node in nodes]

    before = names()
    end(model)

    assert (before, names()) == ([], [model.name])


def test_the_log_of_its_project_does_not_tell_of_it(
    member: Caller, model: Model, project: Project
) -> None:
    joined = make.make_group()
    make.join(project, joined)

    member.patch(f"models/{model.pk}/", {"licence": "MIT"})

    told = calls_as(make.make_member(joined)).get("events/").json()["results"]
    assert [row for row in told if row["object_id"] == str(model.pk)] == []
    assert Event.objects.filter(object_id=model.pk).exists()


def test_a_member_sets_and_lifts_it(member: Caller, project: Project) -> None:
    plan = make.make_model(project)

    def say(day: str | None) -> Any:
        return member.patch(f"models/{plan.pk}/", {"embargo_until": day}).json()["embargo_until"]

    assert (say("2099-01-01"), say(None)) == ("2099-01-01", None)

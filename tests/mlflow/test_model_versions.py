"""Versions as MLflow's clients register, name, stage and delete them."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db.models import F

from projects.models import Group, Project
from registry.models import Alias, Model, Version
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
    tags_of,
    tell,
    versions_found,
)

WRITERS = 12


@pytest.fixture
def model(member: Caller) -> Model:
    """The member's planned model `iris`."""
    add_model(member)
    model: Model = Model.objects.get()
    return model


def _numbers(*answers: Any) -> list[str]:
    return [answer.json()["model_version"]["version"] for answer in answers]


def _alias(caller: Caller, alias: str, version: int = 1) -> Any:
    return tell(caller, f"{MODELS}/alias", name="iris", alias=alias, version=str(version))


def _by_alias(caller: Caller, alias: str) -> Any:
    return ask(caller, f"{MODELS}/alias", name="iris", alias=alias)


def _drop(caller: Caller, version: int = 1) -> Any:
    return tell(caller, f"{VERSIONS}/delete", name="iris", version=str(version))


def test_the_first_weights_fill_the_planned_version(member: Caller, model: Model) -> None:
    planned = model.versions.get()

    add_version(member)

    assert [(row.pk, row.number) for row in Version.objects.all()] == [(planned.pk, 1)]


def test_a_planned_model_is_in_training_by_its_first_weights(member: Caller, model: Model) -> None:
    add_version(member)

    assert Model.objects.get().state == "training"


@pytest.mark.parametrize("stage", ["Staging", "Production", "Archived"])
def test_no_stage_releases_a_model(member: Caller, model: Model, stage: str) -> None:
    add_version(member)

    tell(member, f"{VERSIONS}/transition-stage", name="iris", version="1", stage=stage)

    assert Model.objects.get().state == "training"


def test_an_alias_releases_nothing(member: Caller, model: Model) -> None:
    add_version(member)

    _alias(member, "production")

    assert Model.objects.get().state == "training"


@pytest.mark.parametrize("state", ["withdrawn", "abandoned"])
def test_a_model_that_has_ended_takes_no_weights(member: Caller, model: Model, state: str) -> None:
    Model.objects.update(state=state)

    assert add_version(member).status_code in {400, 404}
    assert not Version.objects.numbered().exists()


def test_what_is_told_comes_back(member: Caller, model: Model) -> None:
    told = {"run_id": "run", "run_link": "https://example.org", "description": "First"}

    add_version(member, tags=as_list({"quality": "good"}), **told)

    shown = get_version(member).json()["model_version"]
    assert {name: shown[name] for name in told} == told
    assert (shown["source"], tags_of(shown)) == ("s3://b/1", {"quality": "good"})


def test_weights_registered_here_are_seen_in_the_portal(member: Caller, model: Model) -> None:
    add_version(member)

    [row] = member.get(f"versions/?model={model.pk}").json()["results"]
    assert (row["number"], row["source"]) == (1, "s3://b/1")


def test_the_same_call_again_is_the_same_version(member: Caller, model: Model) -> None:
    first, again = (add_version(member, run_id="run") for _ in range(2))

    assert first.content == again.content
    assert Version.objects.count() == 1


def test_the_same_call_later_is_a_new_version(member: Caller, model: Model) -> None:
    first = add_version(member, run_id="run")
    Version.objects.update(created_at=F("created_at") - timedelta(minutes=10, seconds=1))

    assert _numbers(first, add_version(member, run_id="run")) == ["1", "2"]


def test_the_same_call_just_before_that_is_the_same_version(member: Caller, model: Model) -> None:
    first = add_version(member, run_id="run")
    Version.objects.update(created_at=F("created_at") - timedelta(minutes=9))

    assert _numbers(first, add_version(member, run_id="run")) == ["1", "1"]


def test_other_weights_of_the_same_run_are_a_new_version(member: Caller, model: Model) -> None:
    answers = [add_version(member, source=f"s3://b/{n}", run_id="run") for n in (1, 2)]

    assert _numbers(*answers) == ["1", "2"]


def test_the_same_weights_of_another_run_are_a_new_version(member: Caller, model: Model) -> None:
    assert _numbers(*(add_version(member, run_id=run) for run in "ab")) == ["1", "2"]


def test_the_same_call_for_another_model_is_a_new_version(member: Caller, model: Model) -> None:
    add_model(member, "rose")

    answers = [add_version(member, name) for name in ("iris", "rose")]

    assert [answer.json()["model_version"]["name"] for answer in answers] == ["iris", "rose"]
    assert Version.objects.numbered().count() == 2


def test_the_same_call_after_a_deletion_is_a_new_version(member: Caller, model: Model) -> None:
    add_version(member)
    _drop(member)

    assert _numbers(add_version(member)) == ["2"]


@pytest.mark.django_db(transaction=True)
def test_many_same_calls_at_once_are_one_version(member: Caller, group: Group) -> None:
    add_model(member)

    answers = at_once(*[partial(add_version, member)] * WRITERS)

    assert _numbers(*answers) == ["1"] * WRITERS
    assert Version.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_different_calls_at_once_have_a_number_each(member: Caller, group: Group) -> None:
    add_model(member)
    calls = [partial(add_version, member, source=f"s3://b/{n}") for n in range(WRITERS)]

    answers = at_once(*calls)

    assert sorted(map(int, _numbers(*answers))) == list(range(1, WRITERS + 1))


# Deleting -----------------------------------------------------------------------------------


def test_a_deleted_version_is_gone(member: Caller, model: Model) -> None:
    add_version(member)

    _drop(member)

    assert code_of(get_version(member)) == (404, "RESOURCE_DOES_NOT_EXIST")
    assert "latest_versions" not in get_model(member).json()["registered_model"]
    assert versions_found(member, "name = 'iris'") == []


def test_the_number_of_a_deleted_version_is_not_used_again(member: Caller, model: Model) -> None:
    for n in (1, 2):
        add_version(member, source=f"s3://b/{n}")
    _drop(member, 2)

    assert _numbers(add_version(member, source="s3://b/3")) == ["3"]


def test_a_deleted_version_is_still_listed_in_the_portal_as_withdrawn(
    member: Caller, model: Model
) -> None:
    add_version(member)

    _drop(member)

    [row] = member.get(f"versions/?model={model.pk}").json()["results"]
    assert (row["number"], row["withdrawn_at"] is not None) == (1, True)


def test_the_alias_of_a_deleted_version_is_gone(member: Caller, model: Model) -> None:
    add_version(member)
    _alias(member, "best")

    _drop(member)

    assert _by_alias(member, "best").status_code == 400
    assert not Alias.objects.exists()


def test_the_latest_is_the_newest_that_is_left(member: Caller, model: Model) -> None:
    for n in (1, 2):
        add_version(member, source=f"s3://b/{n}")

    _drop(member, 2)

    assert _numbers(_by_alias(member, "latest")) == ["1"]


def test_a_version_is_deleted_once(member: Caller, model: Model) -> None:
    add_version(member)
    _drop(member)

    assert code_of(_drop(member)) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_a_planned_version_is_no_version_here(member: Caller, model: Model) -> None:
    for number in (0, 1):
        assert code_of(get_version(member, version=number)) == (404, "RESOURCE_DOES_NOT_EXIST")
    assert versions_found(member, "") == []


# Aliases ------------------------------------------------------------------------------------


def test_an_alias_points_to_a_version(member: Caller, model: Model) -> None:
    add_version(member)

    _alias(member, "best")

    assert _numbers(_by_alias(member, "best")) == ["1"]
    shown = get_model(member).json()["registered_model"]["aliases"]
    assert shown == [{"alias": "best", "version": "1"}]


def test_an_alias_set_here_is_seen_in_the_portal(member: Caller, model: Model) -> None:
    add_version(member)

    _alias(member, "best")

    version = Version.objects.get()
    assert member.get(f"versions/{version.pk}/").json()["aliases"] == ["best"]


def test_an_alias_moves(member: Caller, model: Model) -> None:
    for n in (1, 2):
        add_version(member, source=f"s3://b/{n}")
        _alias(member, "best", n)

    assert _numbers(_by_alias(member, "best")) == ["2"]


def test_an_alias_that_is_taken_away_is_gone(member: Caller, model: Model) -> None:
    add_version(member)
    _alias(member, "best")

    member.delete(f"/mlflow/api/2.0/mlflow/{MODELS}/alias", {"name": "iris", "alias": "best"})

    assert code_of(_by_alias(member, "best")) == (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize("alias", ["latest", "LATEST", "v1", "V2", "a b", "a/b", "x" * 256, ""])
def test_an_alias_that_would_mean_something_else_is_refused(
    member: Caller, model: Model, alias: str
) -> None:
    add_version(member)

    assert code_of(_alias(member, alias)) == (400, "INVALID_PARAMETER_VALUE")
    assert not Alias.objects.exists()


def test_an_alias_points_to_no_planned_version(member: Caller, model: Model) -> None:
    assert code_of(_alias(member, "best", 0)) == (404, "RESOURCE_DOES_NOT_EXIST")


@pytest.mark.django_db(transaction=True)
def test_an_alias_set_by_many_at_once_points_to_one(member: Caller, group: Group) -> None:
    add_model(member)
    for n in range(1, 5):
        add_version(member, source=f"s3://b/{n}")

    answers = at_once(*(partial(_alias, member, "best", n) for n in range(1, 5)))

    assert {answer.status_code for answer in answers} == {200}
    assert Alias.objects.count() == 1


# Stages and tags ------------------------------------------------------------------------------


def test_a_stage_archives_what_was_in_it_if_asked(member: Caller, model: Model) -> None:
    for n in (1, 2):
        add_version(member, source=f"s3://b/{n}")
        tell(
            member,
            f"{VERSIONS}/transition-stage",
            name="iris",
            version=str(n),
            stage="production",
            archive_existing_versions=True,
        )

    stages = Version.objects.order_by("number").values_list("stage", flat=True)
    assert list(stages) == ["Archived", "Production"]


def test_a_stage_archives_no_other_models_versions(member: Caller, project: Project) -> None:
    other = make.make_version(make.make_model(project, name="rose"))
    Version.objects.filter(pk=other.pk).update(stage="Production")
    add_model(member)
    add_version(member)

    tell(
        member,
        f"{VERSIONS}/transition-stage",
        name="iris",
        version="1",
        stage="Production",
        archive_existing_versions=True,
    )

    assert Version.objects.get(pk=other.pk).stage == "Production"


def test_the_latest_of_each_stage_are_told(member: Caller, model: Model) -> None:
    for n in (1, 2, 3):
        add_version(member, source=f"s3://b/{n}")
    tell(member, f"{VERSIONS}/transition-stage", name="iris", version="1", stage="Staging")

    answer = ask(member, f"{MODELS}/get-latest-versions", name="iris").json()

    assert sorted(row["version"] for row in answer["model_versions"]) == ["1", "3"]


@pytest.mark.django_db(transaction=True)
def test_of_many_who_set_tags_at_once_none_loses_theirs(member: Caller, group: Group) -> None:
    add_model(member)
    add_version(member)
    calls = [
        partial(
            tell, member, f"{VERSIONS}/set-tag", name="iris", version="1", key=f"k{n}", value="v"
        )
        for n in range(WRITERS)
    ]

    at_once(*calls)

    assert Version.objects.get().tags == {f"k{n}": "v" for n in range(WRITERS)}


def test_the_portal_keeps_no_runs(member: Caller) -> None:
    assert code_of(ask(member, "runs/get", run_id="x")) == (404, "RESOURCE_DOES_NOT_EXIST")

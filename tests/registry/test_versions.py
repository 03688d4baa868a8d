"""Versions: seen with their model, and numbered once."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from projects.models import Project
from registry.models import Model, Version
from tests import make
from tests.conftest import Caller


@pytest.fixture
def model(project: Project) -> Model:
    return make.make_model(project)


def test_a_member_sees_the_planned_version(member: Caller, model: Model) -> None:
    [row] = member.get(f"versions/?model={model.pk}").json()["results"]

    assert (row["model"], row["number"]) == (str(model.pk), None)


def test_a_version_is_read_by_its_id(member: Caller, model: Model) -> None:
    version = model.versions.get()

    assert member.get(f"versions/{version.pk}/").json()["id"] == str(version.pk)


def test_to_a_stranger_a_version_is_not_there(stranger: Caller, model: Model) -> None:
    hidden = stranger.get(f"versions/{model.versions.get().pk}/")

    assert hidden.status_code == 404
    assert hidden.content == stranger.get(f"versions/{make.key()}/").content


def test_a_stranger_sees_the_versions_of_public_models(stranger: Caller, model: Model) -> None:
    Model.objects.update(visibility="public")

    assert len(stranger.get("versions/").json()["results"]) == 1


@pytest.mark.parametrize("number", [None, 1])
def test_a_model_has_each_number_and_one_plan_once(model: Model, number: int | None) -> None:
    Version.objects.get_or_create(model=model, number=number)

    with pytest.raises(IntegrityError), transaction.atomic():
        Version.objects.create(model=model, number=number)


def test_a_model_stands_for_its_plan_until_it_has_numbers(model: Model) -> None:
    assert model.newest_version().number is None


def test_a_model_stands_for_its_newest_number(model: Model) -> None:
    for number in (2, 1):
        model.versions.create(number=number)

    assert model.newest_version().number == 2


@pytest.mark.parametrize(
    ("withdrawn", "meant"), [((), 2), ((1,), 2), ((2,), 1), ((1, 2), 2), ((2, 1), 2)]
)
def test_a_model_stands_for_its_newest_living_version_everywhere(
    member: Caller, model: Model, withdrawn: tuple[int, ...], meant: int
) -> None:
    numbered = {n: make.make_version(model) for n in (1, 2)}
    for number in withdrawn:
        member.post(f"versions/{numbered[number].pk}/withdraw/")

    assert member.get(f"models/{model.pk}/lineage/").json()["root"] == str(numbered[meant].pk)
    assert model.newest_version() == numbered[meant]


def test_without_weights_a_model_stands_for_its_plan(member: Caller, model: Model) -> None:
    plan = model.versions.get()

    assert member.get(f"models/{model.pk}/lineage/").json()["root"] == str(plan.pk)
    assert model.newest_version() == plan

"""Which model takes another's place: said by its own group, never in a ring, and no derivation."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from projects.models import Event, Project
from registry.models import Derivation, Model
from tests import make
from tests.at_once import at_once
from tests.conftest import Caller


@pytest.fixture
def models(project: Project) -> list[Model]:
    return [make.make_model(project, name=name) for name in ("First", "Second", "Third")]


def _succeed(caller: Caller, model: Model, successor: Model | None) -> Any:
    body = {"successor": str(successor.pk) if successor else None}
    return caller.post(f"models/{model.pk}/successor/", body)


def _code(caller: Caller, model: Model, successor: Model) -> int:
    return int(_succeed(caller, model, successor).status_code)


def test_a_member_names_the_successor(member: Caller, models: list[Model]) -> None:
    first, second, _third = models

    assert _succeed(member, first, second).json()["successor"] == str(second.pk)


def test_a_successor_derives_from_nothing_by_that(member: Caller, models: list[Model]) -> None:
    _succeed(member, models[0], models[1])

    assert not Derivation.objects.exists()


def test_that_none_follows_is_said_again(member: Caller, models: list[Model]) -> None:
    _succeed(member, models[0], models[1])

    assert _succeed(member, models[0], None).json()["successor"] is None


def test_it_is_told_in_the_log(member: Caller, models: list[Model]) -> None:
    _succeed(member, models[0], models[1])

    changes = Event.objects.get(kind="name_successor").changes
    assert changes == {"successor": [None, str(models[1].pk)]}


def test_no_model_succeeds_itself(member: Caller, models: list[Model]) -> None:
    refused = _succeed(member, models[0], models[0])

    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["successor"])


def test_no_model_succeeds_itself_over_others(member: Caller, models: list[Model]) -> None:
    first, second, third = models
    _succeed(member, first, second)
    _succeed(member, second, third)

    assert _succeed(member, third, first).status_code == 400


@pytest.mark.django_db(transaction=True)
def test_of_those_that_name_each_other_at_once_one_is_refused(
    member: Caller, models: list[Model]
) -> None:
    for _trial in range(20):
        Model.objects.update(successor=None)
        codes = at_once(
            *(
                partial(_code, member, models[n], models[(n + 1) % len(models)])
                for n in range(len(models))
            )
        )

        assert sorted(codes) == [200, 200, 400]


def test_a_successor_that_one_may_not_see_is_none(member: Caller, models: list[Model]) -> None:
    theirs = make.make_model(make.make_project(make.make_group()))

    hidden = _succeed(member, models[0], theirs)

    absent = member.post(f"models/{models[0].pk}/successor/", {"successor": make.key()})
    assert (hidden.status_code, hidden.content) == (404, absent.content)


def test_who_may_not_see_the_successor_is_not_told_of_it(
    member: Caller, stranger: Caller, models: list[Model]
) -> None:
    _succeed(member, models[0], models[1])
    Model.objects.filter(pk=models[0].pk).update(visibility="public")

    assert stranger.get(f"models/{models[0].pk}/").json()["successor"] is None


@pytest.mark.parametrize("body", [{}, {"successor": "Second"}, {"successor": None, "why": "x"}])
def test_what_cannot_be_read_is_refused(
    member: Caller, models: list[Model], body: dict[str, Any]
) -> None:
    assert member.post(f"models/{models[0].pk}/successor/", body).status_code == 400


def test_a_guest_names_none(guest: Caller, models: list[Model]) -> None:
    assert _succeed(guest, models[0], models[1]).status_code == 403


def test_to_a_stranger_the_model_is_not_there(stranger: Caller, models: list[Model]) -> None:
    hidden = _succeed(stranger, models[0], models[1])

    absent = stranger.post(f"models/{make.key()}/successor/", {"successor": make.key()})
    assert (hidden.status_code, hidden.content) == (404, absent.content)

"""Saying that an open plan is still true, so that nobody is reminded of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings

from projects.models import Event, Project
from registry.models import Model
from tests import make
from tests.conftest import Caller


@pytest.fixture
def model(project: Project) -> Model:
    """Confirmed so long ago that it waits to be confirmed."""
    model = make.make_model(project)
    model.confirmed_at = make.now() - timedelta(settings.PLAN_STALE_DAYS + 1)
    model.reminded_at = make.now()
    model.save(update_fields=["confirmed_at", "reminded_at"])
    return model


def test_a_plan_that_nobody_confirmed_for_long_is_stale(model: Model) -> None:
    assert model.is_stale(make.now())
    assert list(Model.objects.stale(make.now())) == [model]


@pytest.mark.parametrize("state", ["planned", "training"])
def test_a_member_says_that_an_open_plan_is_still_true(
    member: Caller, model: Model, state: str
) -> None:
    Model.objects.update(state=state)

    assert member.post(f"models/{model.pk}/confirm/").status_code == 200

    model.refresh_from_db()
    assert not model.is_stale(make.now())
    assert model.reminded_at is None


def test_a_confirmation_is_told_in_the_log(member: Caller, model: Model) -> None:
    member.post(f"models/{model.pk}/confirm/")

    [(before, after)] = Event.objects.get(kind="confirm_model").changes.values()
    assert before == model.confirmed_at.isoformat() < after


def test_a_change_of_its_facts_confirms_it_too(member: Caller, model: Model) -> None:
    member.patch(f"models/{model.pk}/", {"licence": "MIT"})

    assert not Model.objects.stale(make.now()).exists()


@pytest.mark.parametrize("state", ["released", "withdrawn", "abandoned"])
def test_what_is_not_open_is_not_confirmed(member: Caller, model: Model, state: str) -> None:
    Model.objects.update(state=state)

    refused = member.post(f"models/{model.pk}/confirm/")

    assert refused.status_code == 409
    assert "Only a planned model" in refused.json()["detail"]
    assert not Model.objects.stale(make.now()).exists()


def test_a_guest_confirms_nothing(guest: Caller, model: Model) -> None:
    assert guest.post(f"models/{model.pk}/confirm/").status_code == 403


def test_to_a_stranger_it_is_not_there(stranger: Caller, model: Model) -> None:
    hidden = stranger.post(f"models/{model.pk}/confirm/")

    absent = stranger.post(f"models/{make.key()}/confirm/")
    assert (hidden.status_code, hidden.content) == (404, absent.content)

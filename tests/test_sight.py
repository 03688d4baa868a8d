"""Rows of everything that somebody may see: none of them to who is not signed in."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser

from compute import access as computing
from projects import access
from projects.errors import NotAllowed, NotThere
from projects.roles import Verb
from registry.models import Competences
from tests import make
from tests.world import World

SEEN = {
    model._meta.label: model
    for model in apps.get_models()
    if hasattr(model._default_manager, "visible_to")
}
# What everybody reads who is signed in; and their own deeds.
LONERS = {"projects.Initiative", "compute.Call", "projects.Event"}
NOBODY = AnonymousUser()


@pytest.fixture
def world(db: None) -> World:
    world = World()
    Competences.objects.create(group=world.group, tasks=["chat"], updated_at=make.now())
    return world


@pytest.mark.parametrize("label", SEEN)
def test_who_is_not_signed_in_sees_no_row(world: World, label: str) -> None:
    rows: Any = SEEN[label]._default_manager

    assert rows.exists()
    assert not rows.visible_to(NOBODY).exists()


@pytest.mark.parametrize("label", SEEN)
def test_who_belongs_to_no_partner_sees_what_is_public_alone(world: World, label: str) -> None:
    rows: Any = SEEN[label]._default_manager

    assert rows.visible_to(world.people["loner"]).exists() is (label in LONERS)


def test_who_is_not_signed_in_may_do_nothing(world: World) -> None:
    assert not access.portal_verbs(NOBODY)
    assert not access.group_verbs(NOBODY, world.group)
    assert not access.project_verbs(NOBODY, world.project)
    assert not access.belongs_to(NOBODY, world.project)
    assert not computing.cluster_verbs(NOBODY, world.cluster)
    assert not computing.job_verbs(NOBODY, world.job)
    assert not computing.is_of_site(NOBODY, world.cluster)
    assert not computing.may_report(NOBODY, world.cluster)
    with pytest.raises(NotAllowed):
        access.get_partner(NOBODY, world.group.partner.slug, Verb.EDIT_PARTNER)
    with pytest.raises(NotThere):
        access.get_initiative(NOBODY, world.initiative.pk)

"""With a cluster silent, every page whose figures depend on it says how old they are."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from compute.models import Cluster, ClusterHealth
from tests import make
from tests.conftest import calls_as
from tests.world import World

WHO = {
    "overview": "quota_admin", "clusters": "lead", "cluster": "lead", "capacity": "lead",
    "capacity-pool": "lead", "allocation": "lead", "job": "lead", "reports": "lead",
    "initiatives": "lead", "initiative": "lead", "partner": "lead", "map": "lead",
}  # fmt: skip
SAYS = ("silent since", "has not answered")


@pytest.fixture
def world(db: None) -> World:
    world = World()
    world.project.__class__.objects.update(initiative=world.initiative)
    return world


def page(world: World, route: str) -> str:
    caller = calls_as(world.people[WHO[route]])
    args = world.page_key(route)
    if route == "partner":
        args = [world.group.partner.slug]
    elif route == "initiative":
        args = [world.initiative.slug]
    text: str = caller.as_browser.get(reverse(route, args=args)).content.decode()
    return text.split("<main", 1)[1]


@pytest.mark.parametrize("route", WHO)
def test_it_says_so_when_its_cluster_is_silent(world: World, route: str) -> None:
    Cluster.objects.exclude(pk=world.cluster.pk).update(connection="none")
    world.job.__class__.objects.update(state="running", slurm_job_id=7)
    ClusterHealth.objects.update(answered_at=make.now(), is_up=True)
    fresh = page(world, route)
    ClusterHealth.objects.update(answered_at=make.now() - timedelta(hours=3))
    stale = page(world, route)
    assert [words for words in SAYS if words in stale.lower() and words not in fresh.lower()]


@pytest.mark.parametrize("route", WHO)
def test_it_stays_a_page_when_the_cluster_never_answered(world: World, route: str) -> None:
    ClusterHealth.objects.update(answered_at=None)
    assert page(world, route)

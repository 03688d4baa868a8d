"""The command for databases that were put back unnoticed."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from compute.models import Cluster
from tests import make


def _stopped() -> list[str]:
    rows = Cluster.objects.select_related("health").order_by("slug")
    return [cluster.slug for cluster in rows if cluster.is_stopped]


@pytest.fixture(autouse=True)
def clusters(db: None) -> None:
    for slug, connection in (("north", "run"), ("south", "run"), ("known", "none")):
        make.make_cluster(slug=slug, connection=connection)


def test_every_connected_cluster_is_stopped() -> None:
    out = io.StringIO()
    call_command("stop_dispatch", stdout=out)
    assert _stopped() == ["north", "south"]
    assert out.getvalue().count("until its operator enables dispatch") == 2


def test_one_that_is_named_is_stopped_alone() -> None:
    call_command("stop_dispatch", "south", stdout=io.StringIO())
    assert _stopped() == ["south"]


def test_an_unknown_name_stops_nothing() -> None:
    with pytest.raises(CommandError, match="No connected cluster is named east"):
        call_command("stop_dispatch", "north", "east", stdout=io.StringIO())
    assert _stopped() == []

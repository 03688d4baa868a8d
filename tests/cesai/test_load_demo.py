"""`load_demo`: everything a demonstration begins with, loaded once however often it runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.test import Client

from compute.models import CapacityMonth, Cluster, Pool
from projects.models import Group, Membership, Project, User
from tests.conftest import Caller

CLUSTERS = [
    {
        "slug": slug, "name": slug.title(), "url": f"http://127.0.0.1:{port}", "real": True,
        "slurm": "22.05.8", "slurm_cluster": slug, "partition": "gpu", "gpus": 8,
        "parent_account": "cesai", "project_directory": "/srv/{unix_user}",
    }
    for slug, port in (("north", 6820), ("south", 6821))
]  # fmt: skip


def _load(directory: Path, clusters: list[dict[str, Any]] = CLUSTERS) -> dict[str, Any]:
    (directory / "clusters.json").write_text(json.dumps(clusters))
    out = directory / "demo.json"
    call_command("load_demo", clusters=directory / "clusters.json", out=out)
    written: dict[str, Any] = json.loads(out.read_text())
    return written


@pytest.fixture(autouse=True)
def surroundings(settings: LazySettings) -> None:
    """Clusters that may be called, and hashes that cost nothing."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.CLUSTER_URLS = [f"http://127.0.0.1:{port}" for port in (6820, 6821, 7000)]


@pytest.fixture
def demo(db: None, tmp_path: Path) -> dict[str, Any]:
    return _load(tmp_path)


def _caller(demo: dict[str, Any], name: str) -> Caller:
    return Caller(User.objects.get(username=name), demo["users"][name]["token"])


def test_the_cast_is_complete(demo: dict[str, Any]) -> None:
    assert {name: person["roles"] for name, person in demo["users"].items()} == {
        "coordinator": ["coordinator"],
        "quota_admin": ["quota_admin"],
        "operator": ["operator"],
        "lead": ["lead"],
        "member": ["member"],
        "stranger": ["lead"],
        "admin": ["portal_admin"],
    }


@pytest.mark.parametrize("name", ["lead", "stranger", "operator", "admin"])
def test_tokens_and_passwords_work(demo: dict[str, Any], name: str) -> None:
    assert _caller(demo, name).get("projects/").status_code == 200
    assert Client().login(username=name, password=demo["users"][name]["password"])


def test_the_member_sees_the_project_and_the_stranger_does_not(demo: dict[str, Any]) -> None:
    assert _caller(demo, "member").get("projects/demo/").status_code == 200
    assert _caller(demo, "stranger").get("projects/demo/").status_code == 404


def test_the_stranger_leads_a_group_of_another_partner(demo: dict[str, Any]) -> None:
    ours, theirs = (Group.objects.get(memberships__user__username=n) for n in ("lead", "stranger"))

    assert ours.partner_id != theirs.partner_id


def test_each_cluster_has_a_pool_with_five_years_of_capacity(demo: dict[str, Any]) -> None:
    assert [pool.partition for pool in Pool.objects.all()] == ["gpu", "gpu"]
    assert CapacityMonth.objects.filter(pool__slug="north-gpu").count() == 61


def test_the_operator_operates_the_clusters(demo: dict[str, Any]) -> None:
    seen = _caller(demo, "operator").get("clusters/").json()["results"]

    assert {row["slug"] for row in seen} == {"north", "south"}


def test_log_ins_are_written_for_their_owner_alone(demo: dict[str, Any], tmp_path: Path) -> None:
    assert (tmp_path / "demo.json").stat().st_mode & 0o777 == 0o600


def test_a_second_run_changes_nothing(demo: dict[str, Any], tmp_path: Path) -> None:
    tables = (User, Membership, Project, Cluster, Pool, CapacityMonth)
    before = [table._default_manager.count() for table in tables]

    assert _load(tmp_path) == demo
    assert [table._default_manager.count() for table in tables] == before


def test_a_cluster_that_moved_is_found_at_its_new_place(
    demo: dict[str, Any], tmp_path: Path
) -> None:
    moved = [{**CLUSTERS[0], "url": "http://127.0.0.1:7000"}, CLUSTERS[1]]

    _load(tmp_path, moved)

    assert Cluster.objects.get(slug="north").rest_url == "http://127.0.0.1:7000"


def test_log_ins_that_were_lost_are_made_anew(demo: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "demo.json").unlink()

    again = _load(tmp_path)

    assert again["users"]["lead"]["token"] != demo["users"]["lead"]["token"]
    assert _caller(again, "lead").get("projects/demo/").status_code == 200

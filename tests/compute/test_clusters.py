"""Cluster records through the API."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from compute.models import Cluster
from projects.models import Event
from tests import make
from tests.compute.bodies import Calls
from tests.conftest import Caller


def test_a_member_of_any_partner_sees_which_clusters_there_are(
    stranger: Caller, cluster: Cluster
) -> None:
    shown = stranger.get("clusters/").json()["results"]
    assert [row["slug"] for row in shown] == [cluster.slug]


def test_somebody_of_no_partner_sees_no_cluster(caller: Calls, cluster: Cluster) -> None:
    loner = caller(make.make_user())
    assert loner.get("clusters/").json()["results"] == []
    assert loner.get(f"clusters/{cluster.slug}/").status_code == 404


def test_a_cluster_never_asked_is_neither_up_nor_down(lead: Caller, cluster: Cluster) -> None:
    assert lead.get(f"clusters/{cluster.slug}/").json()["state"] == "unknown"


def test_the_operator_changes_the_record_and_it_is_on_record(
    operator: Caller, cluster: Cluster
) -> None:
    answer = operator.patch(f"clusters/{cluster.slug}/", {"connection": "observe"})
    assert answer.json()["connection"] == "observe"
    event = Event.objects.get(kind="update_cluster")
    assert event.changes == {"connection": ["run", "observe"]}
    assert event.actor == operator.user


def test_a_change_that_changes_nothing_is_no_event(operator: Caller, cluster: Cluster) -> None:
    operator.patch(f"clusters/{cluster.slug}/", {"connection": cluster.connection})
    assert not Event.objects.filter(kind="update_cluster").exists()


def test_a_stranger_may_not_change_a_cluster(stranger: Caller, cluster: Cluster) -> None:
    answer = stranger.patch(f"clusters/{cluster.slug}/", {"connection": "none"})
    assert answer.status_code == 403
    cluster.refresh_from_db()
    assert cluster.connection == "run"


def test_the_operator_of_another_cluster_may_not_change_this_one(
    caller: Calls,
    cluster: Cluster,
) -> None:
    other = caller(make.make_operator(make.make_cluster()))
    answer = other.patch(f"clusters/{cluster.slug}/", {"connection": "none"})
    assert answer.status_code in {403, 404}


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/",
        "http://127.0.0.1:6820.evil.example/",
        "http://127.0.0.1:6820@evil.example/",
        "https://127.0.0.1:6820/",
        "http://127.0.0.1:68200/",
    ],
)
def test_an_address_that_is_not_on_the_allow_list_is_refused(
    operator: Caller, cluster: Cluster, settings: Settings, url: str
) -> None:
    settings.CLUSTER_URLS = ["http://127.0.0.1:6820"]
    answer = operator.patch(f"clusters/{cluster.slug}/", {"rest_url": url})
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["rest_url"]


def test_an_address_below_an_allowed_one_is_taken(
    operator: Caller, cluster: Cluster, settings: Settings
) -> None:
    settings.CLUSTER_URLS = ["http://127.0.0.1:6820/slurm"]
    url = "http://127.0.0.1:6820/slurm/north"
    assert operator.patch(f"clusters/{cluster.slug}/", {"rest_url": url}).status_code == 200


def test_an_unknown_field_is_refused_and_nothing_is_changed(
    operator: Caller, cluster: Cluster
) -> None:
    answer = operator.patch(f"clusters/{cluster.slug}/", {"name": "New", "partner": "x"})
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["partner"]
    cluster.refresh_from_db()
    assert cluster.name != "New"


def test_a_name_for_slurm_that_could_be_a_second_command_is_refused(
    operator: Caller, cluster: Cluster
) -> None:
    for name in ("c1; rm -rf /", "c1\nx", "../c1", "C1", "$(id)"):
        answer = operator.patch(f"clusters/{cluster.slug}/", {"parent_account": name})
        assert answer.status_code == 400, name

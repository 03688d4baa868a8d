"""After a restore its operator enables dispatch to a cluster: who may, when, and what is shown."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.urls import reverse

from compute.models import Cluster
from projects.models import Event
from tests import make
from tests.conftest import Caller


def _is_stopped(cluster: Cluster) -> bool:
    return Cluster.objects.select_related("health").get(pk=cluster.pk).is_stopped


def _text(caller: Caller, cluster: Cluster) -> str:
    return str(caller.as_browser.get(reverse("cluster", args=[cluster.slug])).content.decode())


def test_the_operator_lifts_the_stop_that_they_looked_at(
    operator: Caller, cluster: Cluster
) -> None:
    stop = make.stop_dispatch(cluster, reconciled_at=make.now())
    assert operator.get(f"clusters/{cluster.slug}").json()["stop"] == str(stop)
    answer = operator.post(f"clusters/{cluster.slug}/enable-dispatch", {"stop": str(stop)})
    assert (answer.status_code, answer.json()["is_stopped"]) == (200, False)
    assert not _is_stopped(cluster)
    [event] = Event.objects.filter(kind="enable_dispatch")
    assert event.actor == operator.user


def test_a_stop_that_came_since_is_not_lifted(operator: Caller, cluster: Cluster) -> None:
    make.stop_dispatch(cluster, reconciled_at=make.now())
    body = {"stop": str(uuid.uuid4())}
    answer = operator.post(f"clusters/{cluster.slug}/enable-dispatch", body)
    assert answer.status_code == 409
    assert "restored once more since" in answer.json()["detail"]
    assert _is_stopped(cluster)


def test_not_before_the_cluster_told_what_it_did_meanwhile(
    operator: Caller, cluster: Cluster
) -> None:
    body = {"stop": str(make.stop_dispatch(cluster))}
    answer = operator.post(f"clusters/{cluster.slug}/enable-dispatch", body)
    assert answer.status_code == 409
    assert "has not told yet" in answer.json()["detail"]


def test_twice_is_told_that_it_is_done(operator: Caller, cluster: Cluster) -> None:
    body = {"stop": str(make.stop_dispatch(cluster, reconciled_at=make.now()))}
    operator.post(f"clusters/{cluster.slug}/enable-dispatch", body)
    answer = operator.post(f"clusters/{cluster.slug}/enable-dispatch", body)
    assert (answer.status_code, "already" in answer.json()["detail"]) == (409, True)


def test_a_stranger_may_not(stranger: Caller, cluster: Cluster) -> None:
    body = {"stop": str(make.stop_dispatch(cluster, reconciled_at=make.now()))}
    answer = stranger.post(f"clusters/{cluster.slug}/enable-dispatch", body)
    assert answer.status_code == 403
    assert _is_stopped(cluster)


def test_the_page_says_why_nothing_is_handed_over(member: Caller, cluster: Cluster) -> None:
    make.stop_dispatch(cluster)
    text = _text(member, cluster)
    assert "no job is handed over here until the cluster&#x27;s operator" in text.replace(
        "'", "&#x27;"
    )
    assert "has not told yet" in text


def test_the_button_is_the_operators_once_the_cluster_was_asked(
    operator: Caller, member: Caller, cluster: Cluster
) -> None:
    make.stop_dispatch(cluster)
    assert "Hand jobs over again" not in _text(operator, cluster)
    make.stop_dispatch(cluster, reconciled_at=make.now())
    assert "Hand jobs over again" in _text(operator, cluster)
    assert "Hand jobs over again" not in _text(member, cluster)


def test_the_page_lifts_it(operator: Caller, cluster: Cluster) -> None:
    stop = make.stop_dispatch(cluster, reconciled_at=make.now())
    address = reverse("cluster-enable", args=[cluster.slug])
    operator.as_browser.post(address, {"stop": str(stop)})
    assert not _is_stopped(cluster)


def test_orphans_are_shown_to_operators_alone(
    operator: Caller, member: Caller, cluster: Cluster
) -> None:
    orphan = make.make_orphan(cluster)
    assert orphan.name in _text(operator, cluster)
    assert orphan.name not in _text(member, cluster)


def test_the_list_of_orphans_is_filtered_by_cluster_and_newest_first(
    operator: Caller, cluster: Cluster
) -> None:
    first = make.make_orphan(cluster)
    last = make.make_orphan(cluster, submit_time=first.submit_time + 1)
    elsewhere = make.make_orphan(make.make_cluster())
    rows = operator.get(f"orphans?cluster__slug={cluster.slug}").json()["results"]
    assert [row["id"] for row in rows] == [str(last.pk), str(first.pk)]
    assert operator.get(f"orphans/{elsewhere.pk}").status_code == 404


def test_an_orphan_tells_when_it_was_last_seen(operator: Caller, cluster: Cluster) -> None:
    seen = make.now() - timedelta(hours=3)
    orphan = make.make_orphan(cluster, last_seen_at=seen)
    row = operator.get(f"orphans/{orphan.pk}").json()
    assert row["as_of"] == seen.isoformat().replace("+00:00", "Z")
    assert row["submitted_at"] == "2023-11-14T22:13:20Z"

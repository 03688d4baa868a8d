"""The kill switch: its operators let the portal only read, at once and with a reason."""

from __future__ import annotations

from compute.models import Allocation, Cluster
from projects.models import Event
from tests import make
from tests.conftest import Caller

WHY = {"reason": "A token was stolen."}


def stop(caller: Caller, cluster: Cluster) -> int:
    return int(caller.post(f"clusters/{cluster.slug}/stop-submitting", WHY).status_code)


def connection(cluster: Cluster) -> str:
    return Cluster.objects.values_list("connection", flat=True).get(pk=cluster.pk)


def test_the_portal_only_reads_there_from_then_on(operator: Caller, cluster: Cluster) -> None:
    assert stop(operator, cluster) == 200
    assert connection(cluster) == "observe"
    [event] = Event.objects.filter(kind="stop_submitting")
    assert (event.actor, event.reason) == (operator.user, WHY["reason"])


def test_nothing_is_submitted_there(
    operator: Caller, member: Caller, cluster: Cluster, allocation: Allocation
) -> None:
    stop(operator, cluster)
    body = {"project": str(allocation.project_id), "allocation": str(allocation.pk),
            "script": "#!/bin/sh\ntrue\n", "gpus": 1, "minutes": 5}  # fmt: skip
    assert member.post("jobs", body, key=make.key()).status_code == 409


def test_twice_is_a_conflict(operator: Caller, cluster: Cluster) -> None:
    assert (stop(operator, cluster), stop(operator, cluster)) == (200, 409)


def test_a_reason_is_needed(operator: Caller, cluster: Cluster) -> None:
    answer = operator.post(f"clusters/{cluster.slug}/stop-submitting", {"reason": " "})
    assert answer.status_code == 400
    page = operator.as_browser.post(f"/clusters/{cluster.slug}/stop/", {"stop-reason": ""})
    assert page.status_code == 400
    assert connection(cluster) == "run"


def test_others_do_not_stop_it(
    lead: Caller, quota_admin: Caller, stranger: Caller, cluster: Cluster
) -> None:
    assert {stop(who, cluster) for who in (lead, quota_admin, stranger)} == {403}
    assert connection(cluster) == "run"

"""Announced maintenance: who announces it, and who is told that a job does not fit before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from compute.models import Allocation, Cluster, Job, Maintenance
from tests import make
from tests.conftest import Caller

SOON = timedelta(hours=2)


def announce(caller: Caller, cluster: Cluster, **values: str) -> int:
    start = make.now() + SOON
    body = {"start_at": start.isoformat(), "end_at": (start + SOON).isoformat(), **values}
    return int(caller.post(f"clusters/{cluster.slug}/maintenance", body).status_code)


def submit(member: Caller, allocation: Allocation, minutes: int) -> dict[str, object]:
    body = {"project": str(allocation.project_id), "allocation": str(allocation.pk),
            "script": "#!/bin/sh\ntrue\n", "gpus": 1, "minutes": minutes}  # fmt: skip
    answer = member.post("jobs", body, key=make.key())
    assert answer.status_code == 201
    return dict(answer.json())


def test_the_operator_announces_and_everybody_reads(
    operator: Caller, lead: Caller, cluster: Cluster
) -> None:
    assert announce(operator, cluster, text="New pumps.") == 201
    [planned] = lead.get(f"clusters/{cluster.slug}/maintenance").json()
    assert planned["text"] == "New pumps."
    page = lead.as_browser.get(reverse("cluster", args=[cluster.slug])).content.decode()
    assert "New pumps." in page


def test_a_job_that_would_run_into_it_is_accepted_with_a_warning(
    member: Caller, cluster: Cluster, allocation: Allocation
) -> None:
    make.make_maintenance(cluster, begins=SOON)
    made = submit(member, allocation, 180)
    assert len(made["warnings"]) == 1  # type: ignore[arg-type]
    page = member.as_browser.get(reverse("job", args=[made["id"]])).content.decode()
    assert "does not end before" in page


@pytest.mark.parametrize("begins", [SOON, timedelta(days=30)])
def test_a_job_that_ends_before_is_not_warned(
    member: Caller, cluster: Cluster, allocation: Allocation, begins: timedelta
) -> None:
    make.make_maintenance(cluster, begins=begins)
    assert submit(member, allocation, 60)["warnings"] == []


def test_another_clusters_maintenance_and_one_that_is_over_warn_nobody(
    member: Caller, cluster: Cluster, allocation: Allocation
) -> None:
    make.make_maintenance(make.make_cluster(), begins=SOON)
    past = make.make_maintenance(cluster)
    start = make.now() - 2 * SOON
    Maintenance.objects.filter(pk=past.pk).update(start_at=start, end_at=start + SOON)
    assert submit(member, allocation, 600)["warnings"] == []


def test_a_job_that_runs_is_not_warned_any_more(
    member: Caller, cluster: Cluster, allocation: Allocation
) -> None:
    make.make_maintenance(cluster, begins=SOON)
    made = submit(member, allocation, 180)
    Job.objects.update(state="running", started_at=make.now())
    assert member.get(f"jobs/{made['id']}").json()["warnings"] == []


def test_it_can_be_called_off(operator: Caller, cluster: Cluster) -> None:
    planned = make.make_maintenance(cluster)
    answer = operator.delete(f"clusters/{cluster.slug}/maintenance/{planned.pk}")
    assert answer.status_code == 204
    assert not Maintenance.objects.exists()


@pytest.mark.parametrize(
    ("start", "hours"), [(timedelta(hours=-5), 1), (SOON, -1), (SOON, 24 * 90)]
)
def test_impossible_times_are_refused(
    operator: Caller, cluster: Cluster, start: timedelta, hours: int
) -> None:
    begins = make.now() + start
    ends = begins + timedelta(hours=hours)
    assert announce(operator, cluster, start_at=begins.isoformat(), end_at=ends.isoformat()) == 400
    assert not Maintenance.objects.exists()


def test_others_announce_nothing(lead: Caller, stranger: Caller, cluster: Cluster) -> None:
    assert {announce(who, cluster) for who in (lead, stranger)} == {403}

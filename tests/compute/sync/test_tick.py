"""The timetable's tick: which clusters get a pass rung, over a real broker."""

from __future__ import annotations

from datetime import timedelta

import pytest
from celery import current_app

from compute.models import Allocation, Cluster, ClusterHealth, Job, Limit
from compute.tasks import tick
from projects.models import Project
from tests import make


@pytest.fixture
def cluster(db: None) -> Cluster:
    """A cluster that was asked a moment ago and has nothing to do."""
    cluster = make.make_cluster()
    ClusterHealth.objects.update(checked_at=make.now())
    return cluster


@pytest.fixture
def allocation(project: Project, cluster: Cluster) -> Allocation:
    return make.make_allocation(project, make.make_pool(cluster))


def rung() -> list[str]:
    """The clusters whose passes wait in the broker's queue."""
    with current_app.connection_for_read() as connection:
        queue = connection.SimpleQueue("celery")
        found: list[str] = []
        while True:
            try:
                message = queue.get(block=False)
            except queue.Empty:
                return found
            message.ack()
            if message.headers["task"] == "compute.sync_cluster":
                found.append(message.payload[0][0])


def test_a_quiet_cluster_is_left_in_peace(cluster: Cluster) -> None:
    assert tick() == 0


def test_a_cluster_with_live_jobs_is_rung_every_time(allocation: Allocation) -> None:
    make.make_job(allocation)
    rung()
    assert tick() == 1
    assert rung() == [allocation.pool.cluster.slug]


def test_a_cluster_with_unsettled_jobs_is_rung(allocation: Allocation) -> None:
    make.make_job(allocation)
    Job.objects.update(state="completed")
    assert tick() == 1
    Job.objects.update(settled_at=make.now())
    assert tick() == 0


def test_a_cluster_with_a_limit_to_set_is_rung_until_nothing_is_left_to_set(
    project: Project, cluster: Cluster
) -> None:
    make.make_allocation(project, make.make_pool(cluster), in_force=False)
    assert tick() == 1
    Allocation.objects.update(state="revoked")
    assert tick() == 1  # to be closed
    Limit.objects.update(state="in_force", proven_closed=True)
    assert tick() == 0


def test_a_cluster_not_asked_for_half_a_minute_is_rung(cluster: Cluster) -> None:
    ClusterHealth.objects.update(checked_at=make.now() - timedelta(seconds=31))
    assert tick() == 1


def test_an_unconnected_cluster_is_never_rung(allocation: Allocation) -> None:
    make.make_job(allocation)
    Cluster.objects.update(connection="none")
    assert tick() == 0

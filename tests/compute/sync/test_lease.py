"""One pass at a time over each cluster."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from pytest_django import Settings

from compute.models import Cluster, ClusterHealth
from compute.sync.lease import LeaseLost, lease
from tests import make


@pytest.fixture
def cluster(db: None) -> Cluster:
    return make.make_cluster()


def test_a_second_pass_finds_the_cluster_taken(cluster: Cluster) -> None:
    with lease(cluster) as first, lease(cluster) as second:
        assert (bool(first), bool(second)) == (True, False)


def test_after_a_pass_it_is_free(cluster: Cluster) -> None:
    with lease(cluster):
        pass
    with lease(cluster) as again:
        assert again


def test_a_pass_that_fails_gives_it_back(cluster: Cluster) -> None:
    with pytest.raises(RuntimeError), lease(cluster):
        raise RuntimeError
    assert ClusterHealth.objects.get().lease_holder is None


def test_a_pass_that_was_turned_away_takes_nothing_back(cluster: Cluster) -> None:
    with lease(cluster):
        with lease(cluster):
            pass
        with lease(cluster) as third:
            assert not third


def test_a_lease_that_ran_out_goes_to_the_next(cluster: Cluster) -> None:
    with lease(cluster):
        ClusterHealth.objects.update(lease_until=Now() - timedelta(seconds=1))
        with lease(cluster) as next_one:
            assert next_one


def test_who_outlived_a_lease_does_not_end_the_next_ones(cluster: Cluster) -> None:
    first = lease(cluster)
    first.__enter__()
    ClusterHealth.objects.update(lease_until=Now() - timedelta(seconds=1))
    with lease(cluster):
        first.__exit__(None, None, None)
        assert ClusterHealth.objects.get().lease_holder is not None


def test_clusters_do_not_wait_for_each_other(cluster: Cluster) -> None:
    with lease(cluster), lease(make.make_cluster()) as other:
        assert other


def test_who_was_stopped_for_longer_than_its_lease_stops(cluster: Cluster) -> None:
    with lease(cluster) as first:
        first.check()
        ClusterHealth.objects.update(lease_until=Now() - timedelta(seconds=1))
        with lease(cluster), pytest.raises(LeaseLost):
            first.check()


@pytest.mark.django_db(transaction=True)
def test_a_pass_that_takes_longer_keeps_its_lease(
    transactional_db: None, settings: Settings
) -> None:
    settings.LEASE_SECONDS = 1
    cluster = make.make_cluster()
    with lease(cluster) as first:
        time.sleep(1.5)
        first.check()
        with lease(cluster) as second:
            assert not second

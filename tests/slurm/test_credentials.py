"""A token that the cluster does not take is told apart from a cluster that does not answer."""

from __future__ import annotations

import time
from collections.abc import Callable

import jwt
import pytest

from compute.slurm.client import SlurmClient
from compute.slurm.errors import CredentialRejected
from compute.slurm.rest import connect
from tests.slurm.contract import ClusterUnderTest

CALLS: list[tuple[str, Callable[[SlurmClient, ClusterUnderTest], object]]] = [
    ("ping", lambda client, _: client.ping()),
    ("submit", lambda client, cluster: client.submit_held(cluster.job())),
    ("release", lambda client, _: client.release(1)),
    ("cancel", lambda client, _: client.cancel(1)),
    ("jobs", lambda client, _: client.jobs()),
    ("job", lambda client, _: client.job(1)),
    ("partitions", lambda client, _: client.partitions()),
    ("records", lambda client, _: client.records_of(1)),
    ("history", lambda client, _: client.history(start=0, end=2_000_000_000)),
    ("association", lambda client, cluster: client.association(account=cluster.account)),
]
every_call = pytest.mark.parametrize("call", [pytest.param(call, id=name) for name, call in CALLS])


def forged(user: str) -> str:
    claims = {"sun": user, "exp": int(time.time()) + 3600}
    return jwt.encode(claims, "a key that the cluster does not have, long enough", "HS256")


@every_call
def test_a_forged_token_is_rejected_by_every_call(
    cluster: ClusterUnderTest, call: Callable[[SlurmClient, ClusterUnderTest], object]
) -> None:
    token = forged(cluster.alice)
    client = connect(url=cluster.url, user=cluster.alice, token=token, cluster=cluster.name)
    with client, pytest.raises(CredentialRejected):
        call(client, cluster)


def test_a_forged_token_leaves_no_job(cluster: ClusterUnderTest, alice: SlurmClient) -> None:
    job, token = cluster.job(), forged(cluster.alice)
    client = connect(url=cluster.url, user=cluster.alice, token=token, cluster=cluster.name)
    with client, pytest.raises(CredentialRejected):
        client.submit_held(job)
    assert job.name not in [view.name for view in alice.jobs()]


@pytest.mark.parametrize("seconds", [-3600, -1, 30])
def test_a_token_that_ends_within_a_minute_is_not_sent(
    cluster: ClusterUnderTest, seconds: int
) -> None:
    with pytest.raises(CredentialRejected, match="expired"):
        cluster.client(cluster.alice, seconds=seconds)


def test_a_token_that_ends_later_is_used(cluster: ClusterUnderTest) -> None:
    with cluster.client(cluster.alice, seconds=90) as client:
        assert client.ping().is_up


@pytest.mark.parametrize("token", ["", "garbage", "a.b.c"])
def test_what_is_no_token_is_not_sent(cluster: ClusterUnderTest, token: str) -> None:
    with pytest.raises(CredentialRejected):
        connect(url=cluster.url, user=cluster.alice, token=token)


def test_the_token_of_another_user_is_rejected(cluster: ClusterUnderTest) -> None:
    token = cluster.token(cluster.bob, 3600)
    client = connect(url=cluster.url, user=cluster.alice, token=token, cluster=cluster.name)
    with client, pytest.raises(CredentialRejected):
        client.jobs()

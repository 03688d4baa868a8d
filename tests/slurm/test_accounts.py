"""Accounts under the parent are created with their budget, read back and never changed."""

from __future__ import annotations

import pytest

from compute.slurm.client import SlurmClient
from compute.slurm.errors import RefusedByCluster
from compute.slurm.types import AssociationView
from tests.slurm.contract import ClusterUnderTest, new_account, run, wait_for_state


@pytest.fixture
def account(cluster: ClusterUnderTest, control: SlurmClient) -> str:
    """An account of 60 GPU-hours."""
    name = new_account()
    control.create_account(name=name, parent=cluster.parent, description="", gpu_minutes=3600)
    return name


def test_an_account_is_read_back_with_its_budget(
    cluster: ClusterUnderTest, control: SlurmClient, account: str
) -> None:
    assert control.association(account=account) == AssociationView(
        account=account,
        parent=cluster.parent,
        user="",
        gpu_minutes=3600,
        gpus=None,
        max_submit_jobs=None,
    )


def test_an_account_that_exists_is_never_written_again(
    cluster: ClusterUnderTest, control: SlurmClient, account: str
) -> None:
    with pytest.raises(RefusedByCluster):
        control.create_account(
            name=account, parent=cluster.parent, description="again", gpu_minutes=1
        )
    view = control.association(account=account)
    assert view is not None
    assert view.gpu_minutes == 3600


def test_a_user_association_can_be_made_twice(
    cluster: ClusterUnderTest, control: SlurmClient, account: str
) -> None:
    control.create_user_association(account=account, user=cluster.bob)
    control.create_user_association(account=account, user=cluster.bob)
    view = control.association(account=account, user=cluster.bob)
    assert view is not None
    assert (view.account, view.user, view.gpu_minutes) == (account, cluster.bob, None)


def test_what_is_not_there_is_none(
    cluster: ClusterUnderTest, control: SlurmClient, account: str
) -> None:
    assert control.association(account="cesai-unknown") is None
    assert control.association(account=account, user=cluster.alice) is None


def test_a_user_submits_under_a_new_account(
    cluster: ClusterUnderTest, control: SlurmClient, bob: SlurmClient, account: str
) -> None:
    control.create_user_association(account=account, user=cluster.bob)
    view = wait_for_state(bob, run(bob, cluster.job(account=account)), "COMPLETED")
    assert view.account == account


def test_a_plain_user_makes_no_account(cluster: ClusterUnderTest, alice: SlurmClient) -> None:
    name = new_account()
    with pytest.raises(RefusedByCluster) as refused:
        alice.create_account(name=name, parent=cluster.parent, description="mine", gpu_minutes=1)
    assert refused.value.code == 2002
    assert alice.association(account=name) is None


def test_a_plain_user_lets_nobody_in(cluster: ClusterUnderTest, alice: SlurmClient) -> None:
    with pytest.raises(RefusedByCluster) as refused:
        alice.create_user_association(account=cluster.parent, user=cluster.alice)
    assert refused.value.code == 2002
    assert alice.association(account=cluster.parent, user=cluster.alice) is None


def test_the_coordinator_has_no_power_outside_its_tree(control: SlurmClient) -> None:
    name = new_account()
    with pytest.raises(RefusedByCluster) as refused:
        control.create_account(name=name, parent="root", description="no", gpu_minutes=1)
    assert refused.value.code == 2002
    assert control.association(account=name) is None

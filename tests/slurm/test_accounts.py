"""Accounts under the parent are created with their budget, read back and never changed."""

from __future__ import annotations

import pytest

from compute.slurm.client import SlurmClient
from compute.slurm.errors import RefusedByCluster, Unsupported
from compute.slurm.types import AssociationView, JobView
from tests.slurm.contract import ClusterUnderTest, new_account, run, wait_for_state, wait_until


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


@pytest.fixture
def changing(control: SlurmClient) -> SlurmClient:
    """A control client of a release that can change accounts."""
    if not control.can_change_accounts:
        pytest.skip("this release cannot change accounts")
    return control


def limits(client: SlurmClient, account: str) -> tuple[int | None, int | None, str]:
    view = client.association(account=account)
    assert view is not None
    return view.gpu_minutes, view.max_submit_jobs, view.parent


def test_a_release_that_cannot_change_accounts_is_not_even_asked(
    control: SlurmClient, account: str
) -> None:
    if control.can_change_accounts:
        pytest.skip("this release can")
    with pytest.raises(Unsupported):
        control.change_account(name=account, gpu_minutes=1)
    assert limits(control, account)[0] == 3600


@pytest.mark.parametrize("minutes", [60, 3600, 7200])
def test_a_budget_is_lowered_kept_and_raised(
    cluster: ClusterUnderTest, changing: SlurmClient, account: str, minutes: int
) -> None:
    changing.change_account(name=account, gpu_minutes=minutes)
    assert limits(changing, account) == (minutes, None, cluster.parent)


def test_a_pause_keeps_the_budget_and_its_end_too(
    cluster: ClusterUnderTest, changing: SlurmClient, account: str
) -> None:
    changing.change_account(name=account, gpu_minutes=3600, max_submit_jobs=0)
    assert limits(changing, account) == (3600, 0, cluster.parent)
    changing.change_account(name=account, gpu_minutes=3600)
    assert limits(changing, account) == (3600, None, cluster.parent)


def test_during_a_pause_a_submission_is_refused(
    cluster: ClusterUnderTest, changing: SlurmClient, bob: SlurmClient, account: str
) -> None:
    changing.create_user_association(account=account, user=cluster.bob)
    changing.change_account(name=account, gpu_minutes=3600, max_submit_jobs=0)
    with pytest.raises(RefusedByCluster) as refused:
        bob.submit_held(cluster.job(account=account))
    assert refused.value.code == 2050


def test_after_a_budget_was_raised_jobs_start(
    cluster: ClusterUnderTest, changing: SlurmClient, bob: SlurmClient, account: str
) -> None:
    changing.create_user_association(account=account, user=cluster.bob)
    changing.change_account(name=account, gpu_minutes=4000)
    view = wait_for_state(bob, run(bob, cluster.job(account=account)), "COMPLETED")
    assert view.account == account


def test_a_job_beyond_the_budget_waits_with_a_reason(
    cluster: ClusterUnderTest, control: SlurmClient, bob: SlurmClient
) -> None:
    name = new_account()
    control.create_account(name=name, parent=cluster.parent, description="", gpu_minutes=4)
    control.create_user_association(account=name, user=cluster.bob)
    job_id = run(bob, cluster.job(account=name, minutes=30))
    view = wait_until(lambda: _waiting(bob, job_id, "AssocGrpGRESMinutes"))
    assert (view.state, view.start_time) == ("PENDING", None)
    bob.cancel(job_id)


def _waiting(client: SlurmClient, job_id: int, reason: str) -> JobView | None:
    view = client.job(job_id)
    return view if view and view.reason == reason else None


def test_an_account_that_is_not_there_is_not_changed(changing: SlurmClient) -> None:
    with pytest.raises(RefusedByCluster):
        changing.change_account(name="cesai-unknown", gpu_minutes=1)


def test_a_plain_user_changes_no_account(
    cluster: ClusterUnderTest, changing: SlurmClient, alice: SlurmClient, account: str
) -> None:
    with pytest.raises(RefusedByCluster) as refused:
        alice.change_account(name=account, gpu_minutes=1)
    assert refused.value.code == 2002
    assert limits(changing, account)[0] == 3600


def test_several_accounts_are_read_at_once(
    cluster: ClusterUnderTest, control: SlurmClient, account: str
) -> None:
    other = new_account()
    control.create_account(name=other, parent=cluster.parent, description="", gpu_minutes=60)
    control.create_user_association(account=other, user=cluster.bob)
    found = control.associations([account, other, "cesai-unknown"])
    assert {(view.account, view.user) for view in found} == {
        (account, ""), (other, ""), (other, cluster.bob)
    }  # fmt: skip

"""What a cluster refuses is refused for good, and what a hold hides shows after the release."""

from __future__ import annotations

import pytest

from compute.slurm.client import SlurmClient
from compute.slurm.errors import RefusedByCluster
from compute.slurm.types import JobView
from tests.slurm.contract import ClusterUnderTest, wait_until

REFUSALS = [
    pytest.param({"partition": "nowhere"}, 2000, id="unknown partition"),
    pytest.param({"account": "cesai-unknown"}, 2045, id="unknown account"),
    pytest.param({"account": "root"}, 2045, id="account of others"),
]


@pytest.mark.parametrize(("changes", "code"), REFUSALS)
def test_a_refusal_is_final_and_leaves_no_job(
    cluster: ClusterUnderTest, alice: SlurmClient, changes: dict[str, str], code: int
) -> None:
    job = cluster.job(**changes)
    with pytest.raises(RefusedByCluster) as refused:
        alice.submit_held(job)
    assert refused.value.code == code
    assert job.name not in [view.name for view in alice.jobs()]


# 26.05 refuses fewer tasks than nodes (2025), which the portal never asks for.
@pytest.mark.parametrize("changes", [{"gpus_per_node": 99}, {"nodes": 50, "tasks": 50}])
def test_what_no_node_can_give_shows_after_the_release(
    cluster: ClusterUnderTest, alice: SlurmClient, changes: dict[str, int]
) -> None:
    submitted = alice.submit_held(cluster.job(**changes))
    alice.release(submitted.job_id)
    hopeless = {"BadConstraints", "PartitionNodeLimit", "PartitionConfig"}

    def refused() -> JobView | None:
        view = alice.job(submitted.job_id)
        return view if view and view.reason in hopeless else None

    view = wait_until(refused)
    alice.cancel(submitted.job_id)
    assert (view.state, view.is_held) == ("PENDING", False)


def test_a_job_beyond_its_budget_waits_with_the_reason(
    cluster: ClusterUnderTest, alice: SlurmClient, control: SlurmClient
) -> None:
    account = f"{cluster.account}-small"
    control.create_account(name=account, parent=cluster.parent, description="small", gpu_minutes=9)
    control.create_user_association(account=account, user=cluster.alice)
    job_id = alice.submit_held(cluster.job(account=account, minutes=5)).job_id
    alice.release(job_id)

    def waiting() -> JobView | None:
        view = alice.job(job_id)
        return view if view and view.reason == "AssocGrpGRESMinutes" else None

    view = wait_until(waiting)
    alice.cancel(job_id)
    assert view.state == "PENDING"

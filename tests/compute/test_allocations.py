"""Allocations through the API."""

from __future__ import annotations

from compute.models import Allocation
from projects.models import Project
from tests import make
from tests.compute.bodies import Calls
from tests.conftest import Caller


def test_an_allocation_shows_what_is_left_in_hours_and_seconds(
    member: Caller, allocation: Allocation
) -> None:
    make.make_job(allocation, minutes=60)
    balance = member.get(f"allocations/{allocation.pk}/").json()["balance"]
    assert (balance["available_gpu_hours"], balance["reserved_gpu_hours"]) == ("59", "1")
    assert (balance["available"], balance["reserved"], balance["used"]) == (59 * 3600, 3600, 0)


def test_each_allocation_has_its_own_slurm_account(
    project: Project, allocation: Allocation
) -> None:
    other = make.make_allocation(project, allocation.pool)
    assert other.slurm_account != allocation.slurm_account
    assert other.slurm_account.startswith(f"cesai-{project.slug}-")


def test_the_limit_is_told_with_it(lead: Caller, allocation: Allocation) -> None:
    shown = lead.get(f"allocations/{allocation.pk}/").json()
    assert (shown["limit"], shown["limit_state"]) == (str(allocation.limit.pk), "in_force")


def test_the_operator_of_the_cluster_sees_it(operator: Caller, allocation: Allocation) -> None:
    assert operator.get(f"allocations/{allocation.pk}/").status_code == 200


def test_the_operator_of_another_cluster_does_not(caller: Calls, allocation: Allocation) -> None:
    other = caller(make.make_operator(make.make_cluster()))
    assert other.get(f"allocations/{allocation.pk}/").status_code == 404


def test_a_stranger_finds_nothing_not_even_a_count(
    stranger: Caller, allocation: Allocation
) -> None:
    assert stranger.get(f"allocations/{allocation.pk}/").status_code == 404
    for query in ("", f"?project={allocation.project_id}", f"?pool={allocation.pool_id}"):
        assert stranger.get(f"allocations/{query}").json()["results"] == []


def test_an_allocation_cannot_be_written(lead: Caller, allocation: Allocation) -> None:
    assert lead.patch(f"allocations/{allocation.pk}/", {"gpu_seconds": 1}).status_code == 405

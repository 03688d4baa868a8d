"""Awards in force on real Slurm by the coordinator's token: set, changed, closed, drifted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from compute.actions.allocations import pause_allocation, resume_allocation, return_hours
from compute.models import Allocation, Job
from compute.models.words import reason_in_words
from projects.models import User
from projects.roles import Role
from tests import make
from tests.real.centre import DAY, Centre

MINUTE = 60


@pytest.fixture
def admin(db: None) -> User:
    return make.make_staff(Role.QUOTA_ADMIN)


@pytest.fixture
def four(centre: Centre) -> Allocation:
    """Four GPU-minutes, in force after one pass."""
    allocation = centre.award(4 * MINUTE)
    centre.sync()
    limit = centre.limit(allocation)
    assert (limit.state, limit.observed_gpu_minutes) == ("in_force", 4), limit.detail
    return allocation


def followed(centre: Centre, allocation: Allocation, detail: str) -> None:
    """In force after one pass, or after the site ran the shown command and one more."""
    centre.sync()
    limit = centre.limit(allocation)
    if not centre.can_change:
        assert (limit.state, limit.detail) == ("needs_operator", detail)
        centre.run_as_root(limit.command)
        centre.sync()
        limit = centre.limit(allocation)
    assert limit.state == "in_force", (limit.state, limit.detail)


def test_an_award_is_the_accounts_limit(centre: Centre, four: Allocation) -> None:
    assert centre.as_slurm_says(four) == {"minutes": "gres/gpu=4", "submit": ""}


def test_less_follows(centre: Centre, admin: User, four: Allocation) -> None:
    return_hours(by=admin, allocation=four, gpu_seconds=2 * MINUTE, reason="less", now=make.now())
    followed(centre, four, "ToBeChanged")
    assert centre.as_slurm_says(four)["minutes"] == "gres/gpu=2"


def test_more_follows(centre: Centre, four: Allocation) -> None:
    limit = centre.limit(four)
    type(limit).objects.filter(pk=limit.pk).update(desired_gpu_minutes=6)
    followed(centre, four, "ToBeChanged")
    assert centre.as_slurm_says(four) == {"minutes": "gres/gpu=6", "submit": ""}


def test_a_pause_and_its_end_follow(centre: Centre, admin: User, four: Allocation) -> None:
    pause_allocation(by=admin, allocation=four, reason="why", now=make.now())
    followed(centre, four, "ToBeClosed")
    assert centre.as_slurm_says(four) == {"minutes": "gres/gpu=4", "submit": "0"}
    four.refresh_from_db()
    resume_allocation(by=admin, allocation=four, now=make.now())
    followed(centre, four, "ToBeChanged")
    assert centre.as_slurm_says(four) == {"minutes": "gres/gpu=4", "submit": ""}


def test_the_end_of_the_window_follows(centre: Centre, four: Allocation) -> None:
    for user in ("cesai-control", four.unix_user):
        centre.deliver(user, seconds=500 * DAY)
    Allocation.objects.filter(pk=four.pk).update(start=make.today() - timedelta(9),
                                                 end=make.today())  # fmt: skip
    followed(centre, four, "ToBeClosed")
    assert centre.as_slurm_says(four)["submit"] == "0"


def test_a_change_by_hand_is_drifted_within_a_cycle(centre: Centre, four: Allocation) -> None:
    where = f"name={four.slurm_account} cluster={centre.real.name}"
    centre.run_as_root(
        f"{centre.real.sacctmgr} -i modify account where {where} set GrpTRESMins=gres/gpu=400"
    )
    centre.sync(now=make.now() + timedelta(seconds=70))
    limit = centre.limit(four)
    assert (limit.state, limit.observed_gpu_minutes) == ("drifted", 400)
    centre.run_as_root(limit.command)
    centre.sync(now=make.now() + timedelta(seconds=140))
    assert centre.limit(four).state == "in_force"
    assert centre.as_slurm_says(four)["minutes"] == "gres/gpu=4"


def test_a_job_beyond_the_limit_waits_and_the_portal_says_why(
    centre: Centre, four: Allocation
) -> None:
    """Somebody of the project uses the account beside the portal, so that its job does not fit."""
    centre.sbatch(four, 40, "--gres=gpu:1", "--time=3")
    job = centre.submit(four, minutes=2)

    def says() -> str:
        return str(Job.objects.values_list("reason", flat=True).get(pk=job.pk))

    centre.wait(lambda: says() == "AssocGrpGRESMinutes", within=40)
    assert "do not cover it" in reason_in_words(says())

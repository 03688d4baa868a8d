"""Jobs of somebody who may no more submit: none starts any more, what runs goes on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from compute.models import Allocation, Job
from projects.actions.groups import change_role, remove_member
from projects.models import Membership, Participation, User
from projects.roles import Role
from tests import make
from tests.compute.sync.site import Site, balance_of, state_of, submit


@pytest.fixture
def leaver(allocation: Allocation) -> User:
    return make.make_member(allocation.project.lead_group, Role.MEMBER, "leaver")


def _place(user: User) -> Membership:
    return Membership.objects.get(user=user)


def _leave(user: User) -> None:
    remove_member(by=user, membership=_place(user), now=make.now())


def test_a_job_that_waits_here_is_never_handed_over(
    site: Site, allocation: Allocation, leaver: User
) -> None:
    job = submit(allocation, by=leaver)
    _leave(leaver)
    site.sync()
    assert (state_of(job), job.reason) == ("cancelled", "SubmitterGone")
    assert not site.all_of(job)
    assert balance_of(allocation)[1] == 0


def test_the_jobs_of_others_go_on(site: Site, allocation: Allocation, leaver: User) -> None:
    other = submit(allocation)
    submit(allocation, by=leaver)
    _leave(leaver)
    site.sync()
    assert state_of(other) == "running"


def test_a_job_that_waits_on_the_cluster_is_cancelled_and_a_running_one_finishes(
    site: Site, allocation: Allocation, leaver: User
) -> None:
    jobs = [submit(allocation, by=leaver, gpus=8) for _ in range(2)]
    site.sync()
    running = next(job for job in jobs if state_of(job) == "running")
    waiting = next(job for job in jobs if job != running)
    _leave(leaver)
    for _ in range(2):
        site.sync()
    assert (state_of(running), state_of(waiting)) == ("running", "cancelled")
    assert site.starts[waiting.token] == 0


def _is_dropped(site: Site, job: Job) -> bool:
    site.sync()
    return state_of(job) == "cancelled" and not site.all_of(job)


def test_somebody_who_became_a_guest(site: Site, allocation: Allocation, leaver: User) -> None:
    job = submit(allocation, by=leaver)
    change_role(by=leaver, membership=_place(leaver), role=Role.GUEST, now=make.now())
    assert _is_dropped(site, job)


def test_somebody_who_was_deactivated(site: Site, allocation: Allocation, leaver: User) -> None:
    job = submit(allocation, by=leaver)
    User.objects.filter(pk=leaver.pk).update(is_active=False)
    assert _is_dropped(site, job)


def test_somebody_whose_federated_right_lapsed(
    site: Site, allocation: Allocation, leaver: User
) -> None:
    job = submit(allocation, by=leaver)
    Membership.objects.filter(user=leaver).update(lapses_at=make.now() - timedelta(seconds=1))
    assert _is_dropped(site, job)


def test_somebody_whose_federated_right_lasts(
    site: Site, allocation: Allocation, leaver: User
) -> None:
    job = submit(allocation, by=leaver)
    Membership.objects.filter(user=leaver).update(lapses_at=make.now() + timedelta(days=1))
    assert not _is_dropped(site, job)


def test_somebody_whose_group_takes_no_part_any_more(site: Site, allocation: Allocation) -> None:
    guests = make.make_group(name="Guests")
    part = Participation.objects.create(project=allocation.project, group=guests)
    helper = make.make_member(guests, Role.MEMBER, "helper")
    before = submit(allocation, by=helper)
    site.sync()
    assert state_of(before) == "running"
    after = submit(allocation, by=helper)
    part.delete()
    assert _is_dropped(site, after)
    assert state_of(before) == "running"

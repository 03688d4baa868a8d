"""Somebody who was removed: the next request, call and poll are refused, in open sessions too."""

from __future__ import annotations

import pytest

from projects.actions.groups import change_role, remove_member
from projects.models import Membership, User
from projects.roles import Role
from tests import make, routes
from tests.conftest import Caller
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def member(world: World) -> Caller:
    return Caller(world.people["member"], world.tokens["member"])


def _remove(member: User) -> None:
    place = Membership.objects.get(user=member)
    remove_member(by=member, membership=place, now=make.now())


def test_the_next_page_of_an_open_session_is_refused(world: World, member: Caller) -> None:
    browser = member.as_browser
    path = f"/jobs/{world.job.pk}/"
    assert browser.get(path).status_code == 200
    _remove(member.user)
    assert browser.get(path).status_code == 404


def test_the_next_poll_of_a_page_that_is_open_is_refused(world: World, member: Caller) -> None:
    browser = member.as_browser
    path, htmx = f"/jobs/{world.job.pk}/", {"HX-Request": "true"}
    assert browser.get(path, headers=htmx).status_code == 200
    _remove(member.user)
    assert browser.get(path, headers=htmx).status_code == 404


def test_the_next_call_of_a_token_is_refused(world: World, member: Caller) -> None:
    path = f"/api/v1/jobs/{world.job.pk}/"
    assert member.get(path).status_code == 200
    _remove(member.user)
    assert member.get(path).status_code == 404
    assert member.get("/api/v1/jobs/").json()["results"] == []


def test_a_job_that_is_submitted_afterwards_is_refused(world: World, member: Caller) -> None:
    body = routes.API["api-jobs-list"]["post"].body(world)
    assert member.post("/api/v1/jobs/", body).status_code == 201
    _remove(member.user)
    assert member.post("/api/v1/jobs/", body).status_code == 404


def test_mlflow_with_the_same_token_is_refused(world: World, member: Caller) -> None:
    path = f"/mlflow/api/2.0/mlflow/registered-models/get?name={world.mlflow_name('member')}"
    assert member.get(path).status_code == 200
    _remove(member.user)
    assert member.get(path).status_code == 404


def test_a_lesser_role_holds_from_the_next_request_on(world: World, member: Caller) -> None:
    body = routes.API["api-jobs-list"]["post"].body(world)
    assert member.post("/api/v1/jobs/", body).status_code == 201
    place = Membership.objects.get(user=member.user)
    change_role(by=world.people["lead"], membership=place, role=Role.GUEST, now=make.now())
    assert member.post("/api/v1/jobs/", body).status_code == 403

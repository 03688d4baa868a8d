"""What the administration at /admin/ shows, and what it lets nobody do by hand."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from projects.actions.groups import invite_member
from projects.models import AccessToken, Event, Group, Membership, User
from projects.models.events import record_event
from projects.roles import Role
from tests import make
from tests.conftest import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture
def root() -> Client:
    """Who may do everything that the administration knows, and reads all."""
    user = make.make_staff(Role.PORTAL_ADMIN, "root")
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    return Caller(User.objects.get(pk=user.pk), "").as_browser


@pytest.fixture
def group() -> Group:
    group = make.make_group(name="Kept")
    make.make_member(group, Role.LEAD, "ada")
    return group


def _rows(group: Group) -> dict[str, Any]:
    """One row of each table that is read here, or kept."""
    project = make.make_project(group, title="Effort")
    make.make_token(project.created_by)
    return {
        "project": project,
        "invitation": _invitation(group),
        "accesstoken": AccessToken.objects.first(),
        "event": Event.objects.first(),
        "partner": group.partner,
        "group": group,
        "membership": Membership.objects.get(group=group),
        "user": Membership.objects.get(group=group).user,
    }


def _invitation(group: Group) -> Any:
    lead = Membership.objects.get(group=group).user
    return invite_member(
        by=lead, group=group, email="new@example.org", role="guest", now=make.now()
    )[0]


@pytest.mark.parametrize("table", ["project", "invitation", "accesstoken", "event"])
def test_what_was_done_is_read_alone(root: Client, group: Group, table: str) -> None:
    row = _rows(group)[table]
    before = _all(row)

    assert root.get(f"/admin/projects/{table}/").status_code == 200
    assert root.get(f"/admin/projects/{table}/{row.pk}/change/").status_code == 200
    assert root.get(f"/admin/projects/{table}/add/").status_code == 403
    for act in ("add/", f"{row.pk}/change/", f"{row.pk}/delete/"):
        answer = root.post(f"/admin/projects/{table}/{act}", {"post": "yes"})
        assert answer.status_code == 403, act
    assert _all(row) == before


@pytest.mark.parametrize("table", ["partner", "group", "membership", "user"])
def test_nobody_deletes_what_others_build_on(root: Client, group: Group, table: str) -> None:
    row = _rows(group)[table]
    before = _all(row)

    answer = root.post(f"/admin/projects/{table}/{row.pk}/delete/", {"post": "yes"})

    assert answer.status_code == 403
    _select_and_delete(root, table, row)
    assert _all(row) == before


def test_a_place_in_a_group_is_changed_on_the_groups_page_alone(
    root: Client, group: Group
) -> None:
    place = _rows(group)["membership"]
    form = {"user": place.user_id, "group": place.group_id, "role": "guest"}

    answer = root.post(f"/admin/projects/membership/{place.pk}/change/", form)

    assert answer.status_code == 403
    assert Membership.objects.get(pk=place.pk).role == Role.LEAD


def test_tables_without_a_rule_of_who_sees_a_row_are_shown_whole(
    root: Client, group: Group
) -> None:
    owner = make.make_project(group).created_by
    assert owner
    make.make_token(owner)

    page = root.get("/admin/projects/accesstoken/").content.decode()

    assert "ada" in page


def test_an_event_that_may_name_a_confidential_plan_is_shown_to_those_alone_who_may_read_it(
    root: Client, group: Group
) -> None:
    record_event(by=None, kind="plan_model", about=group, now=make.now())
    Event.objects.create(
        kind="open_case", object_type="case", object_id=group.pk, at=make.now(), changes={}
    )
    coordinator = make.make_staff(Role.COORDINATOR, "cora")
    User.objects.filter(pk=coordinator.pk).update(is_staff=True, is_superuser=True)
    reader = Caller(User.objects.get(pk=coordinator.pk), "").as_browser

    shown = {who: _kinds(client) for who, client in (("root", root), ("reader", reader))}

    assert "plan_model" in shown["root"]
    assert "open_case" not in shown["root"]
    assert {"plan_model", "open_case"} <= shown["reader"]


def _kinds(client: Client) -> set[str]:
    page = client.get("/admin/projects/event/")
    return {event.kind for event in page.context["cl"].result_list}


def _select_and_delete(client: Client, table: str, row: Any) -> None:
    """By the list's own action, which asks for the same right."""
    form = {"action": "delete_selected", "_selected_action": str(row.pk), "post": "yes"}
    client.post(f"/admin/projects/{table}/", form)


def _all(row: Any) -> list[Any]:
    return list(type(row)._default_manager.order_by("pk").values())

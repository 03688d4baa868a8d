"""Rights that are given in the administration are events, like those given anywhere else."""

from __future__ import annotations

from typing import Any

import pytest

from projects.models import Event, PortalRole, User
from projects.roles import Role
from tests import make
from tests.conftest import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture
def root() -> Caller:
    return Caller(make.make_user("root", is_staff=True, is_superuser=True), "")


def _form(user: User, **values: Any) -> dict[str, Any]:
    inline = {"portal_roles-TOTAL_FORMS": "0", "portal_roles-INITIAL_FORMS": "0"}
    return {
        "username": user.username,
        "email": user.email,
        "date_joined_0": "2026-01-01",
        "date_joined_1": "00:00:00",
        "is_active": "on",
        **inline,
        **values,
    }


def _save(root: Caller, user: User, **values: Any) -> None:
    form = {key: value for key, value in _form(user, **values).items() if value is not None}
    answer = root.as_browser.post(f"/admin/projects/user/{user.pk}/change/", form)
    assert answer.status_code == 302, answer.content.decode()[:3000]


def _events(about: User) -> list[tuple[str, dict[str, Any]]]:
    rows = Event.objects.filter(object_id=about.pk).order_by("sequence")
    return [(row.kind, row.changes) for row in rows]


def test_a_portal_role_given_and_taken(root: Caller) -> None:
    user = make.make_user()
    _save(
        root,
        user,
        **{
            "portal_roles-TOTAL_FORMS": "1",
            "portal_roles-0-role": "auditor",
            "portal_roles-0-user": str(user.pk),
        },
    )
    [role] = PortalRole.objects.all()
    _save(
        root,
        user,
        **{
            "portal_roles-TOTAL_FORMS": "1",
            "portal_roles-INITIAL_FORMS": "1",
            "portal_roles-0-id": str(role.pk),
            "portal_roles-0-user": str(user.pk),
            "portal_roles-0-role": "auditor",
            "portal_roles-0-DELETE": "on",
        },
    )
    assert _events(user) == [
        ("set_portalrole", {"portalrole": [None, Role.AUDITOR.value]}),
        ("set_portalrole", {"portalrole": [Role.AUDITOR.value, None]}),
    ]


def test_somebody_deactivated(root: Caller) -> None:
    user = make.make_user()
    _save(root, user, is_active=None)
    assert _events(user) == [("change_person", {"is_active": [True, False]})]


def test_somebody_let_into_the_administration(root: Caller) -> None:
    user = make.make_user()
    _save(root, user, is_staff="on", is_superuser="on")
    assert _events(user) == [
        ("change_person", {"is_staff": [False, True], "is_superuser": [False, True]})
    ]


def test_another_name_is_no_event(root: Caller) -> None:
    user = make.make_user()
    _save(root, user, first_name="Ada")
    assert _events(user) == []


def test_somebody_new(root: Caller) -> None:
    form = {
        "username": "ada",
        "password1": "correct horse battery",
        "password2": "correct horse battery",
        "usable_password": "true",
        "portal_roles-TOTAL_FORMS": "0",
        "portal_roles-INITIAL_FORMS": "0",
    }
    answer = root.as_browser.post("/admin/projects/user/add/", form)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    [(kind, changes)] = _events(User.objects.get(username="ada"))
    assert kind == "create_person"
    assert changes["is_superuser"] == [None, False]


def test_a_member_put_in(root: Caller) -> None:
    group, user = make.make_group(), make.make_user()
    form = {"user": str(user.pk), "group": str(group.pk), "role": "member"}
    assert root.as_browser.post("/admin/projects/membership/add/", form).status_code == 302
    [event] = Event.objects.filter(kind="add_member")
    assert event.changes == {"role": [None, "member"]}

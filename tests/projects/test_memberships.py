"""Memberships: leads give roles, everybody may leave, and no group is left without a lead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from projects.models import Event, Group, Membership, User
from projects.roles import Role
from tests import make
from tests.at_once import at_once
from tests.conftest import Caller, calls_as


def _of(caller: Caller) -> Membership:
    return Membership.objects.get(user=caller.user)


def _path(caller: Caller) -> str:
    return f"memberships/{_of(caller).pk}/"


def test_a_lead_gives_a_member_another_role(lead: Caller, member: Caller) -> None:
    changed = lead.patch(_path(member), {"role": "lead"})

    assert changed.json()["role"] == "lead"
    assert _of(member).role == Role.LEAD


def test_the_log_tells_the_role_before_and_after(lead: Caller, member: Caller) -> None:
    lead.patch(_path(member), {"role": "guest"})

    event = Event.objects.get(kind="change_role")
    assert event.changes == {"role": ["member", "guest"]}


def test_giving_the_same_role_again_is_no_decision(lead: Caller, member: Caller) -> None:
    assert lead.patch(_path(member), {"role": "member"}).status_code == 200
    assert not Event.objects.filter(kind="change_role").exists()


@pytest.mark.parametrize("role", ["quota_admin", "partner_admin", "owner", "", None, ["lead"]])
def test_only_a_groups_own_roles_can_be_given(lead: Caller, member: Caller, role: Any) -> None:
    assert lead.patch(_path(member), {"role": role}).status_code == 400


@pytest.mark.parametrize("field", ["user", "group", "id", "username"])
def test_a_membership_is_not_moved_by_naming_more(
    lead: Caller, member: Caller, stranger: Caller, field: str
) -> None:
    body = {"role": "lead", field: str(stranger.user.pk)}

    refused = lead.patch(_path(member), body)

    assert list(refused.json()["errors"]) == [field]
    assert _of(member).role == Role.MEMBER


def test_a_member_gives_no_roles_not_even_themselves(member: Caller) -> None:
    assert member.patch(_path(member), {"role": "lead"}).status_code == 403


def test_an_auditor_sees_memberships_and_changes_none(auditor: Caller, member: Caller) -> None:
    assert auditor.get(_path(member)).status_code == 200
    assert auditor.delete(_path(member)).status_code == 403


def test_the_partners_admin_gives_roles(group: Group, member: Caller) -> None:
    admin = calls_as(make.make_partner_admin(group.partner))

    assert admin.patch(_path(member), {"role": "guest"}).status_code == 200


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_to_a_stranger_a_membership_is_not_there(
    stranger: Caller, member: Caller, method: str
) -> None:
    hidden = getattr(stranger, method)(_path(member), **_body(method))
    unknown = getattr(stranger, method)(f"memberships/{make.key()}/", **_body(method))

    assert hidden.status_code == 404
    assert hidden.content == unknown.content


def test_a_stranger_lists_their_own_groups_people_only(stranger: Caller, member: Caller) -> None:
    names = [row["username"] for row in stranger.get("memberships/").json()["results"]]

    assert names == ["stranger"]


def test_everybody_may_leave(guest: Caller) -> None:
    assert guest.delete(_path(guest)).status_code == 204
    assert not Membership.objects.filter(user=guest.user).exists()


def test_a_member_removes_nobody_else(member: Caller, guest: Caller) -> None:
    assert member.delete(_path(guest)).status_code == 403


def test_a_removed_members_rights_end_with_their_next_call(
    lead: Caller, member: Caller, project: Any
) -> None:
    assert member.get(f"projects/{project.pk}/").status_code == 200

    lead.delete(_path(member))

    assert member.get(f"projects/{project.pk}/").status_code == 404


@pytest.mark.parametrize("ask", [("patch", {"role": "member"}), ("delete", None)])
def test_the_last_lead_stays(lead: Caller, member: Caller, ask: tuple[str, Any]) -> None:
    method, body = ask

    refused = getattr(lead, method)(_path(lead), body)

    assert refused.status_code == 409
    assert _of(lead).role == Role.LEAD


def test_a_lead_leaves_once_there_is_another(lead: Caller, member: Caller) -> None:
    lead.patch(_path(member), {"role": "lead"})

    assert lead.delete(_path(lead)).status_code == 204


def test_a_removal_keeps_in_the_log_who_it_was(lead: Caller, member: Caller) -> None:
    lead.delete(_path(member))

    event = Event.objects.get(kind="remove_member")
    assert event.changes == {"user": [str(member.user.pk), None], "role": ["member", None]}


@pytest.mark.django_db(transaction=True)
def test_two_leads_leaving_at_once_leave_one_behind(
    group: Group, caller: Callable[[User], Caller]
) -> None:
    one, two = (caller(make.make_member(group, Role.LEAD)) for _ in range(2))

    answers = at_once(lambda: one.delete(_path(one)), lambda: two.delete(_path(two)))

    assert sorted(answer.status_code for answer in answers) == [204, 409]
    assert Membership.objects.filter(group=group, role=Role.LEAD).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_removals_at_once_are_one_decision(lead: Caller, member: Caller) -> None:
    path = _path(member)

    answers = at_once(*[lambda: lead.delete(path)] * 2)

    assert sorted(answer.status_code for answer in answers) == [204, 404]
    assert Event.objects.filter(kind="remove_member").count() == 1


def _body(method: str) -> dict[str, Any]:
    return {"body": {"role": "guest"}} if method == "patch" else {}

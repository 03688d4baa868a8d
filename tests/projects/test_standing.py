"""What a person is: read anew with every call, and nothing but roles gives rights."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from knox.crypto import hash_token

from projects.models import Group, PartnerAdmin, PortalRole, Project, User
from projects.models.people import Standing
from projects.models.tokens import token_with
from projects.roles import Role
from tests import make
from tests.conftest import Caller, calls_as


def _again(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_roles_in_several_groups_stand_side_by_side(group: Group) -> None:
    other, user = make.make_group(), make.make_member(group, Role.LEAD)
    user.memberships.create(group=other, role=Role.GUEST)

    assert user.standing.group_roles == {group.pk: Role.LEAD, other.pk: Role.GUEST}


def test_a_deactivated_person_is_nothing(group: Group) -> None:
    user = make.make_member(group, Role.LEAD)
    PortalRole.objects.create(user=user, role=Role.AUDITOR)
    PartnerAdmin.objects.create(user=user, partner=group.partner)

    user.is_active = False

    assert user.standing == Standing()


def test_a_stranger_is_of_a_partner_and_a_loner_is_not(stranger: Caller) -> None:
    assert stranger.user.standing.is_of_partner
    assert not make.make_user().standing.is_of_partner


def test_it_is_read_in_one_query_and_once(group: Group) -> None:
    user = _again(make.make_member(group))

    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert user.standing == user.standing

    assert len(queries) == 1


def test_a_call_learns_it_in_the_query_for_its_token(member: Caller) -> None:
    with CaptureQueriesContext(connection) as queries:
        member.get(f"groups/{make.key()}/")

    assert [query["sql"].split()[0] for query in queries] == ["SELECT", "SELECT"]


def test_a_call_knows_of_a_person_what_a_page_knows(lead: Caller, project: Project) -> None:
    make.join(make.make_project(), Group.objects.get(memberships__user=lead.user))
    PortalRole.objects.create(user=lead.user, role=Role.AUDITOR)
    PartnerAdmin.objects.create(user=lead.user, partner=make.make_group().partner)

    found = token_with(hash_token(lead.token))

    assert found is not None
    assert found.user.standing == _again(lead.user).standing
    assert found.user.standing != Standing()


def test_own_projects_are_those_that_ones_groups_lead_or_take_part_in(
    lead: Caller, project: Project, group: Group
) -> None:
    joined, other = make.make_project(), make.make_project()
    make.join(joined, group)

    assert _again(lead.user).standing.project_ids == {project.pk, joined.pk}
    assert other.pk not in lead.user.standing.project_ids


def test_own_groups_of_a_partner_admin_are_all_of_the_partner(group: Group) -> None:
    sibling, own = make.make_group(group.partner), make.make_group()
    admin = make.make_partner_admin(group.partner)
    admin.memberships.create(group=own, role=Role.GUEST)

    standing = _again(admin).standing

    assert standing.own_group_ids == {group.pk, sibling.pk, own.pk}
    assert standing.group_roles == {own.pk: Role.GUEST}


def test_own_projects_of_a_partner_admin_are_those_that_the_partner_leads(
    project: Project,
) -> None:
    admin = make.make_partner_admin(project.lead_group.partner)
    make.make_project()

    assert admin.standing.project_ids == {project.pk}


def test_ones_groups_are_known_by_partner_and_group(group: Group) -> None:
    user = make.make_member(group)

    assert user.standing.group_names == {group.pk: f"{group.partner.slug}.{group.slug}"}


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.AUDITOR, Role.PORTAL_ADMIN])
def test_a_portal_role_taken_away_ends_with_the_next_call(project: Project, role: Role) -> None:
    caller = calls_as(make.make_staff(role))
    assert caller.get(f"projects/{project.pk}/").status_code == 200

    PortalRole.objects.all().delete()

    assert caller.get(f"projects/{project.pk}/").status_code == 404


def test_a_partner_admins_rights_end_with_the_next_call(project: Project) -> None:
    caller = calls_as(make.make_partner_admin(project.lead_group.partner))
    assert caller.get(f"projects/{project.pk}/").status_code == 200

    PartnerAdmin.objects.all().delete()

    assert caller.get(f"projects/{project.pk}/").status_code == 404


@pytest.mark.parametrize("flags", [{"is_staff": True}, {"is_superuser": True, "is_staff": True}])
def test_djangos_flags_give_no_rights(project: Project, flags: dict[str, Any]) -> None:
    caller = calls_as(make.make_user(**flags))

    assert caller.get(f"projects/{project.pk}/").status_code == 404

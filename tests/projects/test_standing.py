"""What a person is: read anew with every call, and nothing but roles gives rights."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test.utils import CaptureQueriesContext
from knox.crypto import hash_token

from compute.models import ClusterOperator
from projects.actions.terms import accept_terms
from projects.models import (
    Group,
    Membership,
    Participation,
    Partner,
    PartnerAdmin,
    PortalRole,
    Project,
    Terms,
    User,
)
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


def test_the_portals_own_staff_is_of_a_partner_without_a_group(auditor: Caller) -> None:
    assert auditor.user.standing.is_of_partner


def test_a_person_whose_row_is_gone_is_nothing(db: None) -> None:
    assert User(pk=make.key()).standing == Standing()


def test_cases_are_handled_by_coordinators_alone(
    coordinator: Caller, quota_admin: Caller, lead: Caller
) -> None:
    people = {"coordinator": coordinator, "quota_admin": quota_admin, "lead": lead}

    handling = {name for name, one in people.items() if one.user.standing.handles_cases}

    assert handling == {"coordinator"}


def test_who_belongs_nowhere_reads_the_own_name_and_no_other(member: Caller) -> None:
    Partner.objects.update(names_agreement="")
    loner = make.make_user(first_name="Lone", last_name="Ly")

    assert loner.name_of(loner) == "Lone Ly"
    assert loner.name_of(member.user) == member.user.pseudonym


def test_it_is_read_in_one_query_and_once(group: Group) -> None:
    user = _again(make.make_member(group))

    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert user.standing == user.standing

    assert len(queries) == 1


def test_a_call_learns_it_in_the_query_for_its_token(member: Caller, group: Group) -> None:
    with CaptureQueriesContext(connection) as queries:
        member.get(f"groups/{group.pk}/")

    assert [query["sql"].split()[0] for query in queries] == ["SELECT", "SELECT"]


def test_a_call_knows_of_a_person_what_a_page_knows(lead: Caller, project: Project) -> None:
    make.join(make.make_project(), Group.objects.get(memberships__user=lead.user))
    PortalRole.objects.create(user=lead.user, role=Role.AUDITOR)
    PartnerAdmin.objects.create(user=lead.user, partner=make.make_group().partner)

    found = token_with(hash_token(lead.token))

    assert found is not None
    assert found.user.standing == _again(lead.user).standing
    assert found.user.standing != Standing()


def test_the_token_of_somebody_deactivated_says_nothing_of_them(lead: Caller) -> None:
    User.objects.filter(pk=lead.user.pk).update(is_active=False)

    found = token_with(hash_token(lead.token))

    assert found is not None
    assert found.user.standing == Standing()


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
    for _ in range(4):
        make.make_partner()
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


def _with_everything(name: str) -> User:
    """Somebody who belongs, looks after, operates, has a second factor and accepted the terms."""
    group, guests = make.make_group(), make.make_group()
    person = make.make_member(group, Role.LEAD, name)
    Membership.objects.create(user=person, group=guests, role=Role.MEMBER)
    make.make_project(group)
    Participation.objects.create(project=make.make_project(), group=guests)
    PartnerAdmin.objects.create(user=person, partner=group.partner)
    PortalRole.objects.create(user=person, role=Role.AUDITOR)
    ClusterOperator.objects.create(user=person, cluster=make.make_cluster(slug=f"of-{name}"))
    Authenticator.objects.create(user=person, type="totp", data={})
    return person


def test_nothing_that_is_somebody_elses_is_ones_own(db: None) -> None:
    other = _with_everything("other")
    terms = make.make_terms(days=-1)
    accept_terms(by=other, terms=terms, now=make.now())
    assert make.make_user().standing == Standing(has_accepted=False)


def test_each_of_two_people_has_what_is_theirs(db: None) -> None:
    one, two = _with_everything("one"), _with_everything("two")
    for person in (one, two):
        standing = person.standing
        assert len(standing.group_roles) == 2
        assert len(standing.admin_of) == 1
        assert len(standing.admin_group_ids) == 1
        assert len(standing.project_ids) == 2
        assert standing.operates
        assert standing.has_second_factor
    assert not one.standing.project_ids & two.standing.project_ids
    assert not one.standing.admin_group_ids & two.standing.admin_group_ids
    assert set(one.standing.group_names.values()).isdisjoint(two.standing.group_names.values())


def test_recovery_codes_alone_are_no_second_factor(db: None) -> None:
    person = make.make_user()
    Authenticator.objects.create(user=person, type="recovery_codes", data={})
    assert not person.standing.has_second_factor


def test_what_has_lapsed_gives_no_project(db: None) -> None:
    person = _with_everything("lapsed")
    past = make.now() - timedelta(seconds=1)
    Membership.objects.filter(user=person).update(lapses_at=past)
    PartnerAdmin.objects.filter(user=person).update(lapses_at=past)
    assert not person.standing.project_ids
    assert not person.standing.own_group_ids


def test_terms_in_force_wait_for_a_yes_and_those_ahead_do_not(db: None) -> None:
    make.make_terms(days=30)
    assert make.make_user().standing.has_accepted
    Terms.objects.update(in_force_from=make.now())
    assert not make.make_user().standing.has_accepted

"""The one door: who may do what to a project, a programme, and whose affair it is."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from projects import access
from projects.errors import NotThere
from projects.models import Group, Initiative, Project
from projects.roles import Role, Verb
from tests import make


def _joined(project: Project, role: Role) -> frozenset[Verb]:
    """What somebody of a group that takes part may do there."""
    group = make.make_group()
    make.join(project, group)
    return access.project_verbs(make.make_member(group, role), project)


def test_who_takes_part_does_what_the_own_role_allows(project: Project) -> None:
    member, guest = _joined(project, Role.MEMBER), _joined(project, Role.GUEST)

    assert Verb.SUBMIT_JOB in member
    assert Verb.SUBMIT_JOB not in guest
    assert Verb.VIEW in guest


def test_a_lead_who_takes_part_is_a_member_there(project: Project) -> None:
    assert _joined(project, Role.LEAD) == _joined(project, Role.MEMBER)


def test_taking_part_elsewhere_gives_no_right_here(project: Project, group: Group) -> None:
    elsewhere = make.make_group()
    make.join(make.make_project(group), elsewhere)

    assert access.project_verbs(make.make_member(elsewhere), project) == frozenset()


def test_a_project_is_the_affair_of_its_own_groups(project: Project, group: Group) -> None:
    joined, other = make.make_group(), make.make_group()
    make.join(project, joined)
    make.make_project(other)

    assert access.belongs_to(make.make_member(group), project)
    assert access.belongs_to(make.make_member(joined), project)
    assert not access.belongs_to(make.make_member(other), project)


def test_a_programme_is_for_who_is_signed_in(db: None) -> None:
    programme = Initiative.objects.create(
        slug="leam-1", name="LEAM stage 1", created_at=make.now()
    )

    assert access.get_initiative(make.make_user(), "leam-1") == programme
    with pytest.raises(NotThere):
        access.get_initiative(AnonymousUser(), "leam-1")

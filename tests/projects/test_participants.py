"""Participants: another group takes part in a project as long as its lead group says so."""

from __future__ import annotations

from typing import Any

import pytest

from projects.models import Event, Group, Participation, Project
from projects.roles import Role
from tests import make
from tests.conftest import Caller, calls_as


@pytest.fixture
def partner_group(db: None) -> Group:
    return make.make_group(name="Partners")


@pytest.fixture
def partner_lead(partner_group: Group) -> Caller:
    return calls_as(make.make_member(partner_group, Role.LEAD))


def _add(caller: Caller, project: Project, group: Any, method: str = "post") -> Any:
    body = {"group": str(getattr(group, "pk", group))}
    return getattr(caller, method)(f"projects/{project.pk}/participants/", body)


def test_a_group_that_takes_part_sees_the_project(
    lead: Caller, project: Project, partner_group: Group, partner_lead: Caller
) -> None:
    assert _add(lead, project, partner_group).json()["participants"] == [str(partner_group.pk)]
    assert partner_lead.get(f"projects/{project.pk}/").status_code == 200


def test_its_rights_end_with_the_next_call(
    lead: Caller, project: Project, partner_group: Group, partner_lead: Caller
) -> None:
    _add(lead, project, partner_group)

    assert _add(lead, project, partner_group, "delete").status_code == 200
    assert partner_lead.get(f"projects/{project.pk}/").status_code == 404


def test_a_lead_of_a_group_that_takes_part_decides_nothing(
    lead: Caller, project: Project, partner_group: Group, partner_lead: Caller
) -> None:
    _add(lead, project, partner_group)

    assert _add(partner_lead, project, make.make_group()).status_code == 403
    assert partner_lead.patch(f"projects/{project.pk}/", {"title": "x"}).status_code == 403


def test_both_decisions_are_told_in_the_projects_log(
    lead: Caller, project: Project, partner_group: Group
) -> None:
    _add(lead, project, partner_group)
    _add(lead, project, partner_group, "delete")

    kinds = Event.objects.filter(project=project, kind__contains="participant").order_by("at")
    told = list(kinds.values_list("kind", "changes"))
    key = str(partner_group.pk)
    assert told == [
        ("add_participant", {"group": [None, key]}),
        ("remove_participant", {"group": [key, None]}),
    ]


def test_a_group_takes_part_once(lead: Caller, project: Project, partner_group: Group) -> None:
    _add(lead, project, partner_group)

    assert _add(lead, project, partner_group).status_code == 409


def test_the_lead_group_takes_part_already(lead: Caller, project: Project, group: Group) -> None:
    assert _add(lead, project, group).status_code == 409


def test_what_takes_no_part_cannot_be_removed(
    lead: Caller, project: Project, partner_group: Group
) -> None:
    assert _add(lead, project, partner_group, "delete").status_code == 409


def test_an_unknown_group_is_not_there(lead: Caller, project: Project) -> None:
    assert _add(lead, project, make.key()).status_code == 404


def test_a_member_lets_nobody_take_part(
    member: Caller, project: Project, partner_group: Group
) -> None:
    assert _add(member, project, partner_group).status_code == 403


def test_a_stranger_does_not_join_by_themselves(stranger: Caller, project: Project) -> None:
    own = Group.objects.get(memberships__user=stranger.user)

    hidden = _add(stranger, project, own)

    assert hidden.status_code == 404
    assert not Participation.objects.exists()

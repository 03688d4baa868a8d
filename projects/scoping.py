"""Which rows a person may see, as conditions over look-up strings; no other table is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from django.apps import apps
from django.db.models import Q

from projects.roles import SEES_EVERYTHING, Visibility

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from projects.models import User

    Person: TypeAlias = "User | AnonymousUser"

NOTHING = Q(pk__in=())


def sees_everything(person: Person) -> bool:
    """Coordinators, quota admins, auditors and portal admins read all of it."""
    return person.is_authenticated and bool(person.standing.portal_roles & SEES_EVERYTHING)


def groups_q(person: Person, lookup: str) -> Q:
    """Rows whose `lookup` (a path to a group id) is a group the person belongs to.

    An admin of the group's partner counts as belonging.
    """
    if not person.is_authenticated:
        return NOTHING
    standing = person.standing
    q = Q(**{f"{lookup}__in": list(standing.group_roles)})
    if standing.admin_of:
        q |= Q(**{f"{lookup}__partner__in": list(standing.admin_of)})
    return q


def project_q(person: Person, lookup: str = "") -> Q:
    """Rows of projects in which one of the person's groups leads or takes part."""
    if not person.is_authenticated:
        return NOTHING
    prefix = f"{lookup}__" if lookup else ""
    groups = list(person.standing.group_roles)
    q = Q(**{f"{prefix}lead_group__in": groups})
    q |= Q(**{f"{prefix}pk__in": _taking_part(groups)})
    if person.standing.admin_of:
        q |= Q(**{f"{prefix}lead_group__partner__in": list(person.standing.admin_of)})
    return q


def shown_q(person: Person, prefix: str = "") -> Q:
    """Rows whose `visibility` opens them to this person without belonging to their group.

    `prefix` is the path to the row that has it, such as `model__`.
    """
    q = Q(**{f"{prefix}visibility": Visibility.PUBLIC})
    if person.is_authenticated and person.standing.is_of_partner:
        q |= Q(**{f"{prefix}visibility": Visibility.PARTNERS})
    return q


def _taking_part(groups: list[Any]) -> Any:
    participation = apps.get_model("projects", "Participation")
    return participation.objects.filter(group__in=groups).values("project")

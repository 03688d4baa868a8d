"""People who log in, and what they are across the whole portal."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from projects.models.reading import read_rows
from projects.roles import (
    NEEDS_SECOND_FACTOR,
    PORTAL_ROLES,
    SEES_CONFIDENTIAL,
    Role,
    Verb,
    verbs_of,
)

ROLE_LABELS = {
    Role.GUEST: _("guest"),
    Role.MEMBER: _("member"),
    Role.LEAD: _("lead"),
    Role.PARTNER_ADMIN: _("partner admin"),
    Role.OPERATOR: _("cluster operator"),
    Role.COORDINATOR: _("coordinator"),
    Role.QUOTA_ADMIN: _("quota admin"),
    Role.AUDITOR: _("auditor"),
    Role.PORTAL_ADMIN: _("portal admin"),
}

# Eight columns: portal roles; groups as "id role partner.group"; partners looked after; their
# groups; own projects (rights that have lapsed are none); whether a cluster is the person's to
# operate, whether a second factor is set up, and whether the terms in force are accepted. All from
# indexes, in the query that needs them anyway; `person` is the row of the user.
STANDING_COLUMNS = """
ARRAY(SELECT role FROM projects_portalrole WHERE user_id = person.id),
ARRAY(
    SELECT concat_ws(' ', member.group_id, member.role, partner.slug || '.' || team.slug)
    FROM projects_membership member JOIN projects_group team ON team.id = member.group_id
    JOIN projects_partner partner ON partner.id = team.partner_id
    WHERE member.user_id = person.id
        AND (member.lapses_at IS NULL OR member.lapses_at > statement_timestamp())
),
ARRAY(SELECT partner_id FROM projects_partneradmin admin WHERE admin.user_id = person.id
        AND (admin.lapses_at IS NULL OR admin.lapses_at > statement_timestamp())),
ARRAY(
    SELECT team.id FROM projects_group team
    JOIN projects_partneradmin admin ON admin.partner_id = team.partner_id
    WHERE admin.user_id = person.id
        AND (admin.lapses_at IS NULL OR admin.lapses_at > statement_timestamp())
),
ARRAY(
    SELECT project.id FROM projects_project project
    JOIN projects_membership member ON member.group_id = project.lead_group_id
    WHERE member.user_id = person.id
        AND (member.lapses_at IS NULL OR member.lapses_at > statement_timestamp())
    UNION SELECT part.project_id FROM projects_participation part
    JOIN projects_membership member ON member.group_id = part.group_id
    WHERE member.user_id = person.id
        AND (member.lapses_at IS NULL OR member.lapses_at > statement_timestamp())
    UNION SELECT project.id FROM projects_project project
    JOIN projects_group team ON team.id = project.lead_group_id
    JOIN projects_partneradmin admin ON admin.partner_id = team.partner_id
    WHERE admin.user_id = person.id
        AND (admin.lapses_at IS NULL OR admin.lapses_at > statement_timestamp())
),
EXISTS(SELECT FROM compute_clusteroperator WHERE user_id = person.id),
EXISTS(SELECT FROM mfa_authenticator WHERE user_id = person.id AND type = 'totp'),
COALESCE(
    (
        SELECT EXISTS(
            SELECT FROM projects_acceptance
            WHERE user_id = person.id AND terms_id = latest.id
        )
        FROM (
            SELECT id FROM projects_terms WHERE in_force_from <= statement_timestamp()
            ORDER BY version DESC LIMIT 1
        ) latest
    ),
    TRUE
)
"""

# Whose names somebody may read: people of one's own organisation and of those that recorded an
# agreement, and whoever acts for the portal or a site. Who belongs to several needs all of them;
# a place that has lapsed is none.
NAMEABLE = """
WITH place AS (
    SELECT member.user_id, team.partner_id FROM projects_membership member
    JOIN projects_group team ON team.id = member.group_id
    WHERE member.lapses_at IS NULL OR member.lapses_at > statement_timestamp()
    UNION SELECT user_id, partner_id FROM projects_partneradmin admin
    WHERE admin.lapses_at IS NULL OR admin.lapses_at > statement_timestamp()
)
SELECT place.user_id FROM place JOIN projects_partner partner ON partner.id = place.partner_id
GROUP BY place.user_id HAVING bool_and(
    partner.names_agreement <> ''
    OR partner.id IN (SELECT partner_id FROM place mine WHERE mine.user_id = %s)
)
UNION SELECT user_id FROM projects_portalrole
UNION SELECT user_id FROM compute_clusteroperator
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything that gives a person rights, read once per request."""

    portal_roles: frozenset[Role] = frozenset()
    group_roles: dict[UUID, Role] = field(default_factory=dict)
    admin_of: frozenset[UUID] = frozenset()  # partners
    project_ids: frozenset[UUID] = frozenset()  # in which a group of theirs leads or takes part
    group_names: dict[UUID, str] = field(default_factory=dict)  # partner.group
    admin_group_ids: frozenset[UUID] = frozenset()  # of the partners they look after
    operates: bool = False  # a cluster
    has_second_factor: bool = False
    has_accepted: bool = True  # the terms of use in force

    @classmethod
    def of_row(cls, *columns: Any) -> Standing:
        """Out of STANDING_COLUMNS."""
        roles, groups, partners, theirs, projects, operates, has_factor, accepted = columns
        parts = [(UUID(key), role, name) for key, role, name in (row.split(" ") for row in groups)]
        return cls(
            portal_roles=frozenset(map(Role, roles)),
            group_roles={key: Role(role) for key, role, _name in parts},
            admin_of=frozenset(partners),
            admin_group_ids=frozenset(theirs),
            project_ids=frozenset(projects),
            group_names={key: name for key, _role, name in parts},
            operates=operates,
            has_second_factor=has_factor,
            has_accepted=accepted,
        )

    @property
    def own_group_ids(self) -> set[UUID]:
        """Groups whose things are one's own: those one is in, and those of one's partner."""
        return {*self.group_roles, *self.admin_group_ids}

    @property
    def needs_second_factor(self) -> bool:
        """Whether what the person decides weighs too much for a password alone."""
        roles = self.portal_roles | ({Role.OPERATOR} if self.operates else set())
        return bool(roles & NEEDS_SECOND_FACTOR)

    @property
    def lacks_second_factor(self) -> bool:
        """Whether one is needed and none is set up."""
        return self.needs_second_factor and not self.has_second_factor

    @property
    def sees_confidential(self) -> bool:
        """Whether pairs with efforts that are not open to partners are theirs to read."""
        return bool(self.portal_roles & SEES_CONFIDENTIAL)

    @property
    def handles_cases(self) -> bool:
        """Whether the person is a coordinator."""
        return Verb.HANDLE_CASE in verbs_of(self.portal_roles)

    @property
    def is_of_partner(self) -> bool:
        """Whether the person belongs to any partner, or to the portal's own staff."""
        return bool(self.group_roles or self.admin_of or self.portal_roles)


class User(AbstractUser):
    """A log-in. Rights come from Membership, PartnerAdmin and PortalRole, never from flags."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    language = models.CharField(_("language"), max_length=8, blank=True)

    @cached_property
    def standing(self) -> Standing:
        """What this person is, as of the first question in this request (one small query)."""
        if not self.is_active:
            return Standing()
        rows = read_rows(
            f"SELECT {STANDING_COLUMNS} FROM projects_user person WHERE id = %s",  # noqa: S608
            [self.pk],
        )
        return Standing.of_row(*rows[0]) if rows else Standing()

    @cached_property
    def nameable(self) -> frozenset[UUID]:
        """Whose names this person may read, as of the first question in this request."""
        rows = read_rows(NAMEABLE, [self.pk])
        return frozenset({self.pk, *(key for (key,) in rows)})

    def name_of(self, other: User) -> str:
        """How the other is called to this person: by name, or by a code that stays the same."""
        return other.shown_name if other.pk in self.nameable else other.pseudonym

    def login_name_of(self, other: User) -> str:
        """The same for programs: the log-in name, or the key."""
        return other.username if other.pk in self.nameable else str(other.pk)

    @property
    def pseudonym(self) -> str:
        """What others read who may not read the name; it says nothing about the person."""
        code = salted_hmac("projects.pseudonym", str(self.pk), algorithm="sha256").hexdigest()[:8]
        return str(_("person %(code)s") % {"code": code})

    @property
    def shown_name(self) -> str:
        """The name people see: the full name, else the log-in name."""
        return self.get_full_name() or self.username


class PortalRole(models.Model):
    """A role over the whole portal."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="portal_roles")
    role = models.CharField(
        max_length=16, choices=[(r.value, ROLE_LABELS[r]) for r in PORTAL_ROLES]
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "role"], name="portal_role_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.role}"

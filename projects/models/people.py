"""People who log in, and what they are across the whole portal."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from projects.roles import PORTAL_ROLES, Role

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


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything that gives a person rights, read once per request."""

    portal_roles: frozenset[Role] = frozenset()
    group_roles: dict[UUID, Role] = field(default_factory=dict)
    admin_of: frozenset[UUID] = frozenset()  # partners

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
        """What this person is, as of the first question in this request (three small queries)."""
        if not self.is_active:
            return Standing()
        memberships = self.memberships.values_list("group_id", "role")
        return Standing(
            portal_roles=frozenset(Role(row.role) for row in self.portal_roles.all()),
            group_roles={group: Role(role) for group, role in memberships},
            admin_of=frozenset(self.partner_admins.values_list("partner_id", flat=True)),
        )

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

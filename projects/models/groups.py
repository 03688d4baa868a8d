"""Partners, their groups, and how people come to belong to them."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from projects.models.people import ROLE_LABELS
from projects.roles import GROUP_ROLES, Role
from projects.scoping import groups_q, sees_everything

if TYPE_CHECKING:
    from projects.scoping import Person


class Partner(models.Model):
    """An organisation that takes part. Who takes part is no secret: partners are public."""

    class Sector(models.TextChoices):
        RESEARCH = "research", _("research")
        INDUSTRY = "industry", _("industry")
        PUBLIC = "public", _("public sector")
        STARTUP = "startup", _("start-up")
        OPEN_SOURCE = "open_source", _("open source")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=200, unique=True)
    slug = models.SlugField(_("short name"), max_length=40, unique=True)
    ror = models.CharField(_("ROR id"), max_length=64, blank=True)
    sector = models.CharField(_("sector"), max_length=16, choices=Sector, default=Sector.RESEARCH)
    country = models.CharField(_("country"), max_length=2, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    # What says that its people's names may be shown to other organisations; nothing: they are not
    names_agreement = models.CharField(_("agreement on names"), max_length=200, blank=True)
    # Of an organisation that did not enter itself: what public pages say, with date and confidence
    public_record = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("partner")
        verbose_name_plural = _("partners")

    def __str__(self) -> str:
        return self.name


class GroupQuerySet(models.QuerySet["Group"]):
    def visible_to(self, person: Person) -> Self:
        """Any signed-in member of a partner sees which groups there are."""
        known = person.is_authenticated and person.standing.is_of_partner
        return self if known else self.none()

    def administered_by(self, person: Person) -> Self:
        """The groups of the partners that this person administers."""
        if not person.is_authenticated:
            return self.none()
        return self.filter(partner__in=list(person.standing.admin_of))


class Group(models.Model):
    """A team of a partner."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="groups")
    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(_("short name"), max_length=40)
    description = models.TextField(_("description"), blank=True)
    contact = models.EmailField(_("function mailbox"), blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = GroupQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "slug"], name="group_slug_once_per_partner"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(models.QuerySet["Membership"]):
    def visible_to(self, person: Person) -> Self:
        """People see who is in their own groups."""
        return self if sees_everything(person) else self.filter(groups_q(person, "group"))

    def lasting(self) -> Self:
        """Those that have not lapsed, by the database's clock."""
        return self.filter(lasting_q())


def lasting_q(prefix: str = "") -> Q:
    """The condition for rights that have not lapsed; `prefix` leads to the row that has them."""
    return Q(**{f"{prefix}lapses_at": None}) | Q(**{f"{prefix}lapses_at__gt": Now()})


class Membership(models.Model):
    """A person's place in a group."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(
        _("role"),
        max_length=8,
        choices=[(r.value, ROLE_LABELS[r]) for r in GROUP_ROLES],
        default=Role.MEMBER.value,
    )
    created_at = models.DateTimeField(auto_now_add=True)
    # Of a right that a log-in provider's entitlement gave; without it people here gave it.
    lapses_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["user", "group"], name="membership_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.group}: {self.role}"


class PartnerAdmin(models.Model):
    """A person who looks after a partner's record, groups and people."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="partner_admins"
    )
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="admins")
    lapses_at = models.DateTimeField(null=True, blank=True, editable=False)  # as of a Membership

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "partner"], name="partner_admin_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} of {self.partner}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def visible_to(self, person: Person) -> Self:
        """Invitations are seen by the group that wrote them."""
        return self if sees_everything(person) else self.filter(groups_q(person, "group"))


class Invitation(models.Model):
    """An open door into a group for whoever holds the link; the link's secret is kept hashed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(_("e-mail"))
    role = models.CharField(
        _("role"), max_length=8, choices=[(r.value, ROLE_LABELS[r]) for r in GROUP_ROLES]
    )
    secret_sha256 = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.email} to {self.group}"

    @staticmethod
    def digest(secret: str) -> str:
        """What is stored of a link's secret."""
        return hashlib.sha256(secret.encode()).hexdigest()

    def is_open(self, now: datetime) -> bool:
        """Whether the link still opens the door."""
        return self.accepted_at is None and self.withdrawn_at is None and now < self.expires_at

    @property
    def state(self) -> str:
        """open, accepted or withdrawn; whether an open one has expired says `expires_at`."""
        if self.accepted_at:
            return "accepted"
        return "withdrawn" if self.withdrawn_at else "open"

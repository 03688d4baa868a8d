"""What the entitlements of a log-in provider give here: data, kept by portal admins."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from projects.entitlements import Entitlement, Source, group_of
from projects.models.groups import Group, Partner
from projects.models.people import ROLE_LABELS
from projects.roles import GROUP_ROLES, Role

FEDERATED_ROLES = (*GROUP_ROLES, Role.PARTNER_ADMIN)  # nobody becomes the portal's staff by it


class EntitlementMapping(models.Model):
    """One entitlement, and the one place here that it gives."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.CharField(_("log-in provider"), max_length=40)
    namespace = models.CharField(_("namespace"), max_length=200)  # as Source has them
    authority = models.CharField(_("authority"), max_length=255)
    path = models.CharField(
        _("group"),
        max_length=400,
        help_text=_(
            "As in the entitlement: GROUP:SUBGROUP; its subgroups are other entitlements."
        ),
    )
    entitled_role = models.CharField(
        _("role in the entitlement"),
        max_length=100,
        blank=True,
        help_text=_("Empty: only the entitlement that names no role."),
    )
    role = models.CharField(
        _("gives the role"),
        max_length=16,
        choices=[(r.value, ROLE_LABELS[r]) for r in FEDERATED_ROLES],
    )
    group = models.ForeignKey(
        Group,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("in the group"),
    )
    partner = models.ForeignKey(
        Partner,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("of the partner"),
    )
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )

    class Meta:
        ordering = ["provider", "namespace", "path", "entitled_role"]
        verbose_name = _("entitlement")
        verbose_name_plural = _("entitlements")
        constraints = [
            models.UniqueConstraint(
                fields=[
                    *("provider", "namespace", "authority", "path", "entitled_role"),
                    *("group", "partner"),
                ],
                nulls_distinct=False,
                name="entitlement_mapping_once",
            ),
            models.CheckConstraint(
                name="entitlement_mapping_one_place",
                condition=Q(group=None, partner__isnull=False, role=Role.PARTNER_ADMIN)
                | (Q(group__isnull=False, partner=None) & Q(role__in=GROUP_ROLES)),
            ),
        ]

    def __str__(self) -> str:
        role = f" ({self.entitled_role})" if self.entitled_role else ""
        return f"{self.provider}: {self.namespace}:{self.path}{role}"

    @property
    def source(self) -> Source:
        """Who has to say it."""
        return Source(self.namespace, self.authority)

    @property
    def entitlement(self) -> Entitlement | None:
        """What a log-in has to bring, to the letter; None if what is kept is none."""
        path = group_of(self.path)
        return None if path is None else Entitlement(self.source, path, self.entitled_role)

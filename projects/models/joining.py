"""Groups that ask to take part in another group's project."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from projects.scoping import sees_everything

if TYPE_CHECKING:
    from projects.scoping import Person


class JoinRequestQuerySet(models.QuerySet["JoinRequest"]):
    def visible_to(self, person: Person) -> Self:
        """The group that asks and the group that is asked."""
        if not person.is_authenticated:
            return self.none()
        if sees_everything(person):
            return self
        own = list(person.standing.group_roles)
        return self.filter(Q(group__in=own) | Q(project__lead_group__in=own))

    def waiting(self) -> Self:
        """Those that nobody answered yet."""
        return self.filter(accepted=None)


class JoinRequest(models.Model):
    """One group's wish to join an effort instead of competing with it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(
        "projects.Project", on_delete=models.CASCADE, related_name="join_requests"
    )
    group = models.ForeignKey("projects.Group", on_delete=models.CASCADE, related_name="+")
    text = models.TextField(_("what the group would bring"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField()
    accepted = models.BooleanField(null=True)
    answer = models.TextField(_("answer"), blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)

    objects = JoinRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at"]
        verbose_name = _("request to join")
        verbose_name_plural = _("requests to join")
        constraints = [
            models.UniqueConstraint(
                fields=["project", "group"],
                condition=Q(accepted=None),
                name="one_waiting_join_request",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group} → {self.project}"

"""Spreadsheets whose rows became records, kept so that each can be taken back."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from projects.scoping import sees_everything

if TYPE_CHECKING:
    from projects.scoping import Person


class ImportQuerySet(models.QuerySet["Import"]):
    def visible_to(self, person: Person) -> Self:
        """The portal's own staff see them."""
        return self if sees_everything(person) else self.none()


class Import(models.Model):
    """One spreadsheet as it was carried out; nothing of it is changed but that it was undone."""

    class Kind(models.TextChoices):
        PARTNERS = "partners", _("partners")
        GROUPS = "groups", _("groups")
        GRANTS = "grants", _("grants of other boards")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=12, choices=Kind)
    file_name = models.CharField(max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    # What it did: {"model": "app.name", "id", "name", "before": values or null, "after": values}
    made = models.JSONField()
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    kept = models.JSONField(default=list)  # what could not be taken back, and why

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering = ["-at"]
        verbose_name = _("import")
        verbose_name_plural = _("imports")

    def __str__(self) -> str:
        return f"{self.kind}: {self.file_name}"

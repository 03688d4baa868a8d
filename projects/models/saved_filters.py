"""What people keep of a list's filters, to come back to with one click."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from projects.scoping import Person


class SavedFilterQuerySet(models.QuerySet["SavedFilter"]):
    def visible_to(self, person: Person) -> Self:
        """Only one's own: what people look for is nobody else's affair."""
        return self.filter(owner=person) if person.is_authenticated else self.none()


class SavedFilter(models.Model):
    """A list and what it was narrowed down to, under a name of one's own."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    page = models.CharField(max_length=40)  # the name of the list's route
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=2000)  # as it stands in the address
    created_at = models.DateTimeField()

    objects = SavedFilterQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        constraints = [
            models.UniqueConstraint(fields=["owner", "page", "name"], name="saved_filter_once")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """Where it leads."""
        return f"{reverse(self.page)}?{self.query}"

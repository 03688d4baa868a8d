"""Standing questions: tell me when anybody plans something like this."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.models.models import Model, ModelQuerySet
from registry.vocabulary import OPEN_STATES

if TYPE_CHECKING:
    from projects.scoping import Person


class WatchQuerySet(models.QuerySet["Watch"]):
    def visible_to(self, person: Person) -> Self:
        """Only one's own: what people look for is nobody else's affair."""
        return self.filter(owner=person) if person.is_authenticated else self.none()


class Watch(models.Model):
    """What a person wants to hear of; an empty list stands for anything."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(_("name"), max_length=120)
    modality_out = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    languages = ArrayField(models.CharField(max_length=3), default=list, blank=True)
    tasks = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    domains = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    parameters_min = models.BigIntegerField(null=True, blank=True)
    parameters_max = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()
    told = models.ManyToManyField("registry.Model", related_name="+", blank=True)

    objects = WatchQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("watch")
        verbose_name_plural = _("watches")

    def __str__(self) -> str:
        return self.name

    def finds(self) -> ModelQuerySet:
        """Open plans registered since then that fit, that the owner may see, and not told of."""
        rows: ModelQuerySet = Model.objects.visible_to(self.owner)
        rows = rows.filter(state__in=OPEN_STATES, created_at__gte=self.created_at)
        rows = rows.exclude(group__in=self.owner.standing.group_roles)
        for name in ("modality_out", "languages", "tasks", "domains"):
            wanted = getattr(self, name)
            if wanted:
                rows = rows.filter(**{f"{name}__overlap": wanted})
        if self.parameters_min:
            rows = rows.filter(parameters__gte=self.parameters_min)
        if self.parameters_max:
            rows = rows.filter(parameters__lte=self.parameters_max)
        return rows.exclude(pk__in=self.told.values("pk"))

"""What groups say they can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from projects.models import Group

if TYPE_CHECKING:
    from projects.scoping import Person


class CompetencesQuerySet(models.QuerySet["Competences"]):
    def visible_to(self, person: Person) -> Self:
        """Those of the groups that one sees: any signed-in member of a partner."""
        return self.filter(group__in=Group.objects.visible_to(person))


class Competences(models.Model):
    """A group's own words on what it can do, in controlled words where there are some."""

    group = models.OneToOneField(
        Group, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    languages = ArrayField(models.CharField(max_length=3), default=list, blank=True)
    tasks = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    domains = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    text = models.TextField(blank=True)
    is_open = models.BooleanField(_("open to new partners"), default=True)
    updated_at = models.DateTimeField()

    objects = CompetencesQuerySet.as_manager()

    class Meta:
        ordering = ["group"]
        verbose_name = _("competences")
        verbose_name_plural = _("competences")

    def __str__(self) -> str:
        return f"{self.group}: {', '.join([*self.tasks, *self.domains, *self.languages])}"

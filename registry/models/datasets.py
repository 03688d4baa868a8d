"""Datasets, what they derive from, and which versions were trained on them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.models.projects import VISIBILITY_LABELS
from projects.roles import Visibility
from projects.scoping import groups_q, project_q, sees_everything, shown_q
from registry.models.labels import DATASET_KIND_LABELS
from registry.models.versions import Version
from registry.vocabulary import DatasetKind

if TYPE_CHECKING:
    from projects.scoping import Person


class DatasetQuerySet(models.QuerySet["Dataset"]):
    def visible_to(self, person: Person) -> Self:
        """Own datasets, those shared in own projects, and those opened to more people."""
        if sees_everything(person):
            return self
        shared = Q(visibility=Visibility.PROJECT) & project_q(person, "project")
        return self.filter(groups_q(person, "group") | shared | shown_q(person))


class Dataset(models.Model):
    """What versions are trained on; the portal holds its description, not the data."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=200, db_collation="C")
    group = models.ForeignKey("projects.Group", on_delete=models.PROTECT, related_name="+")
    project = models.ForeignKey(
        "projects.Project", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    visibility = models.CharField(
        _("who may see it"),
        max_length=8,
        choices=VISIBILITY_LABELS,
        default=Visibility.GROUP.value,
    )
    languages = ArrayField(models.CharField(max_length=3), default=list, blank=True)
    tokens = models.BigIntegerField(_("tokens"), null=True, blank=True)
    licence = models.CharField(_("licence"), max_length=60, blank=True)
    homepage = models.URLField(_("address"), blank=True)
    description = models.TextField(_("description"), blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    objects = DatasetQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("dataset")
        verbose_name_plural = _("datasets")
        constraints = [
            models.UniqueConstraint(fields=["group", "name"], name="dataset_name_once_per_group"),
            models.CheckConstraint(
                condition=Q(tokens=None) | Q(tokens__gt=0), name="dataset_tokens_positive"
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="dataset_newest"),
            models.Index(fields=["name"], name="dataset_named"),
        ]

    def __str__(self) -> str:
        return self.name


class DatasetDerivation(models.Model):
    """A dataset made from another; a trigger refuses what would close a circle."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    child = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="parents")
    parent = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="children")
    kind = models.CharField(
        max_length=10, choices=DATASET_KIND_LABELS, default=DatasetKind.UNKNOWN.value
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["child", "parent"], name="dataset_parent_once"),
            models.CheckConstraint(condition=~Q(parent=F("child")), name="no_own_dataset_parent"),
        ]
        indexes = [models.Index(fields=["parent", "child"], name="dataset_down")]

    def __str__(self) -> str:
        return f"{self.child} ← {self.parent}"


class TrainedOn(models.Model):
    """A registered dataset that a version was or will be trained on."""

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="trained_on")
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="trains")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "dataset"], name="trained_on_once"),
        ]
        indexes = [models.Index(fields=["dataset", "version"], name="dataset_trains")]

    def __str__(self) -> str:
        return f"{self.version} on {self.dataset}"

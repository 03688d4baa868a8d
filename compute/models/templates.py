"""Job templates: what a good job of a kind looks like, by version."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from compute.models.clusters import Cluster
from projects.scoping import sees_everything

if TYPE_CHECKING:
    from projects.scoping import Person

FIELDS = ("script", "gpus", "nodes", "minutes", "environment")


class JobTemplateQuerySet(models.QuerySet["JobTemplate"]):
    def visible_to(self, person: Person) -> Self:
        """A group's to its members and to staff; a cluster's to all who see the cluster."""
        if sees_everything(person):
            return self
        if not person.is_authenticated:
            return self.none()
        clusters = Cluster.objects.visible_to(person)
        return self.filter(Q(group__in=person.standing.group_roles) | Q(cluster__in=clusters))

    def usable_on(self, cluster: Cluster) -> Self:
        """Those that jobs there can be made of."""
        return self.filter(Q(cluster=None) | Q(cluster=cluster), retired_at=None)


class JobTemplate(models.Model):
    """A template with its versions; jobs are made of the newest one."""

    class Purpose(models.TextChoices):
        PRETRAINING = "pretraining", _("pretraining")
        FINETUNE = "finetune", _("finetune")
        EVALUATION = "evaluation", _("evaluation")
        DATA = "data", _("data preparation")
        OTHER = "other", _("other")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80)
    purpose = models.CharField(max_length=12, choices=Purpose)
    description = models.TextField(blank=True)
    group = models.ForeignKey(
        "projects.Group", on_delete=models.CASCADE, related_name="+", null=True, blank=True
    )
    cluster = models.ForeignKey(
        Cluster, on_delete=models.CASCADE, related_name="templates", null=True, blank=True
    )
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    objects = JobTemplateQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("job template")
        verbose_name_plural = _("job templates")
        constraints = [
            models.CheckConstraint(
                condition=Q(group=None, cluster__isnull=False)
                | Q(group__isnull=False, cluster=None),
                name="template_has_one_owner",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def owner(self) -> object:
        """The group or the cluster whose people keep it."""
        return self.group or self.cluster

    def newest(self) -> TemplateVersion:
        """What jobs are made of now."""
        return self.versions.all()[0]


class TemplateVersion(models.Model):
    """What the template said from one moment on; never changed."""

    template = models.ForeignKey(JobTemplate, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    script = models.TextField()
    gpus = models.PositiveIntegerField(default=1)
    nodes = models.PositiveIntegerField(default=1)
    minutes = models.PositiveIntegerField(default=60)
    environment = models.JSONField(default=dict)
    locked = ArrayField(models.CharField(max_length=12), default=list)
    note = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["template", "number"], name="template_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.template} {self.number}"

    @property
    def values(self) -> Mapping[str, Any]:
        """What it proposes, by field."""
        return {name: getattr(self, name) for name in FIELDS}

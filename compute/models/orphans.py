"""Slurm jobs that bear a name of ours and that no intent knows."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from compute.models.clusters import Cluster
from projects.scoping import sees_everything

if TYPE_CHECKING:
    from projects.scoping import Person


class OrphanQuerySet(models.QuerySet["Orphan"]):
    def visible_to(self, person: Person) -> Self:
        """Portal staff and the operators of the cluster."""
        if sees_everything(person):
            return self
        if not person.is_authenticated:
            return self.none()
        return self.filter(cluster__in=Cluster.objects.operated_by(person))


class Orphan(models.Model):
    """What a restored database has forgotten, or another portal has sent; written by sync."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="orphans")
    slurm_job_id = models.BigIntegerField()
    submit_time = models.BigIntegerField()  # epoch seconds of the cluster; ids are used again
    name = models.CharField(max_length=255)
    unix_user = models.CharField(max_length=100)
    account = models.CharField(max_length=100)
    state = models.CharField(max_length=30)  # Slurm's word
    is_held = models.BooleanField(default=False)
    gpus = models.PositiveIntegerField()
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    objects = OrphanQuerySet.as_manager()

    class Meta:
        ordering = ["-submit_time", "-slurm_job_id"]
        verbose_name = _("job without intent")
        verbose_name_plural = _("jobs without intent")
        constraints = [
            models.UniqueConstraint(
                fields=["cluster", "slurm_job_id", "submit_time"], name="orphan_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cluster}: {self.slurm_job_id}"

    @property
    def submitted_at(self) -> datetime:
        """By the cluster's clock."""
        return datetime.fromtimestamp(self.submit_time, UTC)

"""When a cluster is away on purpose, and which jobs would not end before."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from compute.models.clusters import Cluster

if TYPE_CHECKING:
    from compute.models.jobs import Job
    from projects.scoping import Person


class MaintenanceQuerySet(models.QuerySet["Maintenance"]):
    def visible_to(self, person: Person) -> Self:
        """Those of visible clusters."""
        return self.filter(cluster__in=Cluster.objects.visible_to(person))

    def to_come(self, now: datetime) -> Self:
        """Those that are not over, the next one first."""
        return self.filter(end_at__gt=now).order_by("start_at")

    def in_the_way_of(self, job: Job, now: datetime) -> Maintenance | None:
        """The first one that a job which starts now would run into; None once it runs or ended."""
        if job.is_final or job.started_at is not None:
            return None
        ends = now + timedelta(minutes=job.minutes)
        return self.filter(cluster=job.cluster_id, start_at__lt=ends).to_come(now).first()


class Maintenance(models.Model):
    """A time in which the site's staff take a cluster down."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="maintenance")
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    text = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    objects = MaintenanceQuerySet.as_manager()

    class Meta:
        ordering = ["start_at"]
        verbose_name = _("maintenance")
        constraints = [
            models.CheckConstraint(
                condition=Q(start_at__lt=F("end_at")), name="maintenance_forward"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cluster}: {self.start_at:%Y-%m-%d %H:%M} – {self.end_at:%Y-%m-%d %H:%M}"

"""Reports of usage from clusters that are not connected, as they were booked."""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from compute.models.clusters import Cluster
from projects.scoping import sees_everything

if TYPE_CHECKING:
    from projects.scoping import Person


class UsageReportQuerySet(models.QuerySet["UsageReport"]):
    def visible_to(self, person: Person) -> Self:
        """One's own, those of clusters one operates, and for staff all."""
        if sees_everything(person):
            return self
        if not person.is_authenticated:
            return self.none()
        operated = Cluster.objects.operated_by(person)
        return self.filter(models.Q(by=person.pk) | models.Q(cluster__in=operated))


class UsageReport(models.Model):
    """One table of usage that somebody reported; it can be taken back as a whole."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    cluster = models.ForeignKey(Cluster, on_delete=models.PROTECT, related_name="reports")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    text = models.TextField()  # as it was sent
    # What it changed, row by row: {"record", "allocation", "before": GPU-seconds or null, "after",
    # "was": what the record said before, to say it again}
    changes = models.JSONField()
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    objects = UsageReportQuerySet.as_manager()

    class Meta:
        ordering = ["-at"]
        verbose_name = _("report of usage")
        verbose_name_plural = _("reports of usage")

    def __str__(self) -> str:
        return f"{self.cluster} {self.at:%Y-%m-%d}"

    @property
    def gpu_seconds(self) -> int:
        """What it added in all; below zero if it corrected more than it added."""
        return sum(one["after"] - (one["before"] or 0) for one in self.changes)


def total_id(allocation: uuid.UUID) -> int:
    """What stands for a job's id in a total over a period: below zero, one for each allocation."""
    digest = hashlib.sha256(allocation.bytes).digest()
    return -1 - (int.from_bytes(digest[:8]) >> 2)

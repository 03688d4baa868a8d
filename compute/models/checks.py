"""What does not add up in a cluster's accounting: odd rows kept aside, differences found."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from compute.models.allocations import Allocation
from compute.models.clusters import Cluster
from compute.models.usage import AccountingCursor


def accounting_of(cluster: Cluster, *, most: int) -> dict[str, Any]:
    """How far a cluster's accounting is booked, and what of it does not add up."""
    cursor = AccountingCursor.objects.filter(cluster=cluster).first()
    differences = cluster.differences.filter(gone_at=None).select_related("allocation__project")
    return {
        "read_until": cursor.read_until if cursor else None,
        "compared_at": cursor.compared_at if cursor else None,
        "odd_records": cluster.odd_records.all()[:most],
        "differences": differences[:most],
    }


class OddRecord(models.Model):
    """A row of slurmdbd that cannot be true; kept aside until the cluster says it otherwise."""

    class Why(models.TextChoices):
        IDENTITY = "identity", _("it has no id or no time of submission")
        NEGATIVE = "negative", _("it says less than nothing, or nothing at all")
        BACKWARDS = "backwards", _("it ends before it begins")
        TOO_LONG = "too_long", _("it counts more seconds than it lasted")
        TOO_MUCH = "too_much", _("it says more than any cluster has")
        TEXT = "text", _("a name in it is longer than any name is")

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="odd_records")
    slurm_job_id = models.BigIntegerField()
    submit_time = models.BigIntegerField()
    restarts = models.PositiveIntegerField(default=0)
    slurm_account = models.CharField(max_length=64, blank=True)
    why = models.CharField(max_length=12, choices=Why)
    said = models.JSONField()  # the row as far as it was understood
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        ordering = ["-last_seen_at", "slurm_job_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["cluster", "slurm_job_id", "submit_time", "restarts"],
                name="odd_record_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cluster} {self.slurm_job_id}: {self.why}"


class AccountingDifference(models.Model):
    """What a full comparison found to differ; nothing is corrected by itself."""

    class Kind(models.TextChoices):
        AMOUNT = "amount", _("booked another amount")
        NOT_BOOKED = "not_booked", _("final there, not booked here")
        GONE = "gone", _("booked here, gone there")
        RUNAWAY = "runaway", _("without an end for longer than any job may run")

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="differences")
    allocation = models.ForeignKey(Allocation, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind)
    month = models.DateField()  # in which it ended, or that of the comparison
    slurm_job_id = models.BigIntegerField()
    submit_time = models.BigIntegerField()
    restarts = models.PositiveIntegerField(default=0)
    booked_gpu_seconds = models.BigIntegerField()
    said_gpu_seconds = models.BigIntegerField()
    found_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)  # a later comparison did not find it any more
    # A person decided that the cluster is right: what that booked, below zero if it took use back
    corrected_at = models.DateTimeField(null=True)
    corrected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    correction = models.BigIntegerField(default=0, db_default=0)
    correction_reason = models.TextField(blank=True, default="", db_default="")

    class Meta:
        ordering = ["-last_seen_at", "slurm_job_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["cluster", "slurm_job_id", "submit_time", "restarts"],
                condition=Q(gone_at=None),
                name="difference_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cluster} {self.slurm_job_id}: {self.kind}"

    @property
    def difference(self) -> int:
        """GPU-seconds that are booked here beyond what the cluster says."""
        return self.booked_gpu_seconds - self.said_gpu_seconds

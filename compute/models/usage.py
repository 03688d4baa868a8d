"""Facts of the clusters' accounting, and how far it has been read."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from compute.models.allocations import Allocation
from compute.models.clusters import Cluster
from compute.models.jobs import Job
from compute.models.reports import UsageReport

if TYPE_CHECKING:
    from projects.scoping import Person


class UsageRecordQuerySet(models.QuerySet["UsageRecord"]):
    def visible_to(self, person: Person) -> Self:
        """The records of visible allocations."""
        return self.filter(allocation__in=Allocation.objects.visible_to(person))


class UsageRecord(models.Model):
    """One row of slurmdbd about one of our Slurm accounts."""

    class Source(models.TextChoices):
        SLURM = "slurm", _("the cluster's accounting")
        REPORTED = "reported", _("reported")

    sequence = models.BigAutoField(primary_key=True)
    id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # That of its allocation's pool: no second check for each of millions of rows
    cluster = models.ForeignKey(
        Cluster, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    slurm_job_id = models.BigIntegerField()
    submit_time = models.BigIntegerField()  # epoch seconds, as the cluster's clock says
    restarts = models.PositiveIntegerField(default=0)
    # The ledger's own key keeps every allocation that has a row there, as each has from its grant
    allocation = models.ForeignKey(
        Allocation,
        on_delete=models.PROTECT,
        related_name="usage",
        db_index=False,
        db_constraint=False,
    )
    job = models.ForeignKey(
        Job, on_delete=models.PROTECT, null=True, related_name="usage", db_index=False
    )
    unix_user = models.CharField(max_length=64)
    state = models.CharField(max_length=24)
    start_time = models.BigIntegerField(null=True)
    end_time = models.BigIntegerField(null=True)  # None: provisional, not booked
    elapsed = models.BigIntegerField()
    gpus = models.PositiveIntegerField()
    gpu_seconds = models.BigIntegerField()
    observed_at = models.DateTimeField()
    # Where the fact comes from: the cluster itself, or somebody who reported it
    source = models.CharField(max_length=8, choices=Source, default=Source.SLURM,
                              db_default=Source.SLURM)  # fmt: skip
    # What the site itself says it charged, of usage that was reported; of the cluster's own
    # accounting a rule of the pool says it
    charged = models.DecimalField(max_digits=20, decimal_places=4, null=True)
    charge_unit = models.CharField(max_length=16, blank=True, default="", db_default="")
    report = models.ForeignKey(
        UsageReport, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )

    objects = UsageRecordQuerySet.as_manager()

    class Meta:
        ordering = ["-sequence"]
        verbose_name = _("usage record")
        verbose_name_plural = _("usage records")
        constraints = [
            models.UniqueConstraint(
                fields=["cluster", "slurm_job_id", "submit_time", "restarts"],
                name="usage_record_once",
            ),
        ]
        indexes = [
            models.Index(fields=["job"], condition=~Q(job=None), name="usage_of_job"),
            # The newest of many thousands are read without sorting all of them
            models.Index(fields=["allocation", "-sequence"], name="usage_by_allocation"),
        ]

    def __str__(self) -> str:
        return f"{self.cluster} {self.slurm_job_id}: {self.gpu_seconds} GPU-s"

    @property
    def is_total(self) -> bool:
        """Whether it is a reported total over a period, of no single job."""
        return self.slurm_job_id < 0

    @property
    def is_foreign(self) -> bool:
        """Whether it did not come through the portal."""
        return self.job_id is None


class AccountingCursor(models.Model):
    """Up to when a cluster's accounting has been read; moves with the rows it covers."""

    cluster = models.OneToOneField(Cluster, on_delete=models.CASCADE, primary_key=True)
    read_until = models.DateTimeField()
    compared_at = models.DateTimeField(null=True)  # the last comparison with all there is
    comparing_month = models.DateField(null=True)  # the next month of a comparison under way

    def __str__(self) -> str:
        return f"{self.cluster}: {self.read_until}"

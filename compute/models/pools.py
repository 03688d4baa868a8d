"""Pools of GPUs and what they offer in each month."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from compute.models.clusters import SLURM_NAME, Cluster

if TYPE_CHECKING:
    from projects.scoping import Person


class PoolQuerySet(models.QuerySet["Pool"]):
    def visible_to(self, person: Person) -> Self:
        """The pools of visible clusters."""
        return self.filter(cluster__in=Cluster.objects.visible_to(person))


class Pool(models.Model):
    """GPUs of one type in one partition of a cluster."""

    class OverUse(models.TextChoices):
        STOP = "stop", _("the site stops jobs")
        LOW_PRIORITY = "low_priority", _("jobs go on with low priority")
        NONE = "none", _("nothing happens at the site")

    class Period(models.TextChoices):
        WINDOW = "window", _("the allocation's window")
        MONTH = "month", _("each month")
        QUARTER = "quarter", _("each quarter")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    cluster = models.ForeignKey(Cluster, on_delete=models.PROTECT, related_name="pools")
    slug = models.SlugField(_("short name"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    partition = models.CharField(_("partition"), max_length=40, validators=[SLURM_NAME])
    gpu_type = models.CharField(_("GPU type"), max_length=60)
    gpu_count = models.PositiveIntegerField(_("GPUs"), validators=[MinValueValidator(1)])
    gpus_per_node = models.PositiveIntegerField(
        _("GPUs per node"), validators=[MinValueValidator(1)]
    )
    gpu_memory_gb = models.PositiveIntegerField(_("memory per GPU in GB"), null=True, blank=True)
    h100_weight = models.DecimalField(
        _("H100 equivalent"), max_digits=6, decimal_places=3, null=True, blank=True
    )
    gpu_watts = models.PositiveIntegerField(_("watts per GPU"), null=True, blank=True)
    max_minutes = models.PositiveIntegerField(_("longest job in minutes"), default=24 * 60)
    over_use = models.CharField(
        _("on over-use"), max_length=12, choices=OverUse, default=OverUse.STOP
    )

    # The site's own rule: over which time its quotas run, and whether unspent hours go on
    period = models.CharField(
        _("quota period"),
        max_length=8,
        choices=Period,
        default=Period.WINDOW,
        db_default=Period.WINDOW,
    )
    carries_over = models.BooleanField(
        _("carries over"),
        default=True,
        db_default=True,
        help_text=_("Whether GPU-hours that a period leaves unspent can be used in the next."),
    )

    objects = PoolQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("pool")
        verbose_name_plural = _("pools")

    def __str__(self) -> str:
        return self.name


class CapacityMonthQuerySet(models.QuerySet["CapacityMonth"]):
    def visible_to(self, person: Person) -> Self:
        """The months of visible pools: capacity is true for everyone."""
        return self.filter(pool__in=Pool.objects.visible_to(person))


class CapacityMonth(models.Model):
    """What a pool offers and has granted in one calendar month (UTC), in GPU-seconds."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    pool = models.ForeignKey(Pool, on_delete=models.CASCADE, related_name="capacity")
    month = models.DateField()
    offered = models.BigIntegerField()
    granted = models.BigIntegerField(default=0)
    # Kept for partners' own awards and not granted yet: the sum of their reserves
    reserved = models.BigIntegerField(default=0, db_default=0)
    # By how much more than offered may have been granted: an offer was lowered by decision
    over_committed = models.BigIntegerField(default=0, db_default=0)

    objects = CapacityMonthQuerySet.as_manager()

    class Meta:
        ordering = ["month"]
        constraints = [
            models.UniqueConstraint(fields=["pool", "month"], name="capacity_month_once"),
            models.CheckConstraint(
                condition=Q(granted__gte=0)
                & Q(granted__lte=F("offered") + F("over_committed") - F("reserved")),
                name="granted_within_offered",
            ),
            models.CheckConstraint(
                condition=Q(reserved__gte=0) & Q(over_committed__gte=0),
                name="capacity_not_negative",
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="capacity_from_the_first"),
        ]

    def __str__(self) -> str:
        return f"{self.pool} {self.month:%Y-%m}"

    @property
    def free(self) -> int:
        """GPU-seconds that can still be awarded to anybody; below zero if over-committed."""
        return self.offered - self.granted - self.reserved


class Reserve(models.Model):
    """What is kept of one month of a pool for the projects of one partner, in GPU-seconds."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    pool = models.ForeignKey(Pool, on_delete=models.CASCADE, related_name="reserves")
    month = models.DateField()
    partner = models.ForeignKey("projects.Partner", on_delete=models.PROTECT, related_name="+")
    left = models.BigIntegerField()  # what awards have not taken of it

    class Meta:
        ordering = ["month", "partner__name"]
        constraints = [
            models.UniqueConstraint(fields=["pool", "month", "partner"], name="reserve_once"),
            models.CheckConstraint(condition=Q(left__gte=0), name="reserve_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.partner}: {self.pool} {self.month:%Y-%m}"

"""Allocations: awards in force, and what is left of them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from compute.forecast import Forecast, forecast
from compute.models.pools import Pool
from compute.models.requests import RequestLine
from compute.models.seeing import seen
from compute.states import ALLOCATION_MOVES, ENDED_ALLOCATIONS, AllocationState
from projects.models.moves import Move, Stateful

if TYPE_CHECKING:
    from projects.scoping import Person

ACCOUNT_PREFIX = "cesai-"  # of Slurm accounts that the portal names itself

STATE_LABELS = [
    (AllocationState.AWARDED.value, _("awarded")),
    (AllocationState.ACTIVE.value, _("active")),
    (AllocationState.EXPIRED.value, _("expired")),
    (AllocationState.REVOKED.value, _("revoked")),
]


class AllocationQuerySet(models.QuerySet["Allocation"]):
    def visible_to(self, person: Person) -> Self:
        """The project's groups, reviewers, and the operators of the cluster."""
        return seen(self, person, cluster="pool__cluster")

    def current(self) -> Self:
        """Those that have not ended."""
        return self.exclude(state__in=ENDED_ALLOCATIONS)


class Allocation(Stateful):
    """GPU-seconds of one pool for one project in a window, with its own Slurm account."""

    class Origin(models.TextChoices):
        OWN_POOL = "own_pool", _("own pool")
        EXTERNAL_GRANT = "external_grant", _("grant of another board")

    MOVES = ALLOCATION_MOVES

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="allocations")
    line = models.OneToOneField(
        RequestLine, on_delete=models.PROTECT, related_name="allocation", null=True
    )
    origin = models.CharField(max_length=16, choices=Origin, default=Origin.OWN_POOL)
    start = models.DateField()
    end = models.DateField()
    gpu_seconds = models.BigIntegerField()  # as granted; what is left stands in the balance
    slurm_account = models.CharField(max_length=64)
    unix_user = models.CharField(max_length=32)
    state = models.CharField(
        max_length=8, choices=STATE_LABELS, default=AllocationState.AWARDED.value
    )
    # A pause: nobody may submit under it; what runs or waits on the cluster already goes on
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    pause_reason = models.TextField(blank=True, default="", db_default="")
    created_at = models.DateTimeField()

    objects = AllocationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        constraints = [
            models.UniqueConstraint(
                fields=["pool", "slurm_account"], name="one_slurm_account_per_allocation"
            ),
            models.CheckConstraint(
                condition=Q(start__lt=F("end")), name="allocation_window_forward"
            ),
        ]
        indexes = [
            models.Index(fields=["project", "-created_at"], name="allocation_by_project"),
            models.Index(fields=["-created_at", "-id"], name="allocation_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.project} / {self.pool}"

    @property
    def has_ended(self) -> bool:
        """Whether nothing new may run under it."""
        return self.state in ENDED_ALLOCATIONS

    @property
    def ends_at(self) -> datetime:
        """The first moment after the window."""
        return datetime.combine(self.end, time(), UTC)

    @property
    def is_of_own_pool(self) -> bool:
        """Whether it was awarded here, out of a pool's capacity."""
        return self.origin == self.Origin.OWN_POOL

    @property
    def is_on_sites_account(self) -> bool:
        """Whether the site keeps its Slurm account: the portal reads it and never writes it."""
        return not self.slurm_account.startswith(ACCOUNT_PREFIX)

    def counts(self, epoch: int) -> bool:
        """Whether what began then on its Slurm account is use of it.

        An account of its own is used by nothing else; a site's may be older, and go on after it.
        """
        if not self.is_on_sites_account:
            return True
        return self.start <= datetime.fromtimestamp(epoch, UTC).date() < self.end

    def is_open(self, now: datetime) -> bool:
        """Whether the window holds this moment."""
        return self.start <= now.astimezone(UTC).date() < self.end

    def forecast(self, now: datetime) -> Forecast | None:
        """How long it lasts at its pace; reads its `balance` and `months_used`."""
        return forecast(
            left=self.balance.available + self.balance.reserved,
            start=self.start,
            end=self.end,
            today=now.astimezone(UTC).date(),
            used={row.month: row.gpu_seconds for row in self.months_used.all()},
        )


class AllocationMove(Move):
    allocation = models.ForeignKey(Allocation, on_delete=models.CASCADE, related_name="moves")

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"


class Balance(models.Model):
    """What an allocation has left, in GPU-seconds: the ledger's sums, kept by guarded updates.

    `available` may go below zero by use that nobody reserved; `reserved` never does.
    """

    allocation = models.OneToOneField(
        Allocation, on_delete=models.CASCADE, primary_key=True, related_name="balance"
    )
    available = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0)
    used = models.BigIntegerField(default=0)
    # What was used when use by month was last worked out (see monthly.py)
    rolled_up = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(reserved__gte=0), name="reserved_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.available} available, {self.reserved} reserved, {self.used} used"


class CapacityReturn(models.Model):
    """What an allocation gave back of one month's capacity of its pool."""

    allocation = models.ForeignKey(Allocation, on_delete=models.PROTECT, related_name="returns")
    month = models.DateField()
    gpu_seconds = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "month"]
        constraints = [
            models.CheckConstraint(condition=Q(gpu_seconds__gt=0), name="return_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.gpu_seconds} GPU-s of {self.month:%Y-%m}"

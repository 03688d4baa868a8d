"""Grants of other boards: registered as they say it, confirmed by the site, never awarded here."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from compute.models.allocations import Allocation
from compute.models.pools import Pool
from compute.models.seeing import seen
from compute.quota import MAX_GPU_SECONDS

if TYPE_CHECKING:
    from projects.scoping import Person


class ExternalGrantQuerySet(models.QuerySet["ExternalGrant"]):
    def visible_to(self, person: Person) -> Self:
        """The project's groups, reviewers, and the operators of the cluster."""
        return seen(self, person, cluster="pool__cluster")

    def unconfirmed(self) -> Self:
        """Those that nobody who knows the board's decision has looked at yet."""
        return self.filter(state=ExternalGrant.State.REGISTERED)


class ExternalGrant(models.Model):
    """What EuroHPC, GCS, NHR or another board awarded to a project, in that board's words."""

    class State(models.TextChoices):
        REGISTERED = "registered", _("waits to be confirmed")
        CONFIRMED = "confirmed", _("confirmed")
        DECLINED = "declined", _("not confirmed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="+")
    model = models.ForeignKey(
        "registry.Model", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    board = models.CharField(max_length=120)
    reference = models.CharField(max_length=80)  # the board's own id of it
    decided_on = models.DateField()
    decision = models.TextField(blank=True)  # what the letter says, or where it stands
    amount = models.CharField(max_length=120)  # verbatim, with the board's unit
    conversion = models.TextField()  # how that became GPU-seconds
    gpu_seconds = models.BigIntegerField()
    start = models.DateField()
    end = models.DateField()  # the first day after the window, UTC
    slurm_account = models.CharField(max_length=64, blank=True)  # the site's, if it has one
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    registered_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.REGISTERED)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True)
    remark = models.TextField(blank=True)  # of who confirmed it, or did not
    allocation = models.OneToOneField(
        Allocation, on_delete=models.PROTECT, null=True, related_name="grant"
    )

    objects = ExternalGrantQuerySet.as_manager()

    class Meta:
        ordering = ["-registered_at"]
        verbose_name = _("grant of another board")
        verbose_name_plural = _("grants of other boards")
        constraints = [
            models.UniqueConstraint(
                fields=["board", "reference", "pool"],
                condition=~Q(state="declined"),
                name="grant_registered_once",
            ),
            models.CheckConstraint(
                condition=Q(gpu_seconds__gt=0) & Q(gpu_seconds__lte=MAX_GPU_SECONDS),
                name="grant_amount_possible",
            ),
            models.CheckConstraint(condition=Q(start__lt=F("end")), name="grant_window_forward"),
        ]

    def __str__(self) -> str:
        return f"{self.board} {self.reference}"


class Statement(models.Model):
    """What the portal's reviewers say on another board's grant; it awards nothing."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    grant = models.ForeignKey(ExternalGrant, on_delete=models.CASCADE, related_name="statements")
    text = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at"]

    def __str__(self) -> str:
        return f"{self.by} on {self.grant}"

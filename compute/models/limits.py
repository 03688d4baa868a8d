"""Limits: an allocation as it is enforced on the cluster; desired, observed and when verified."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from compute.models.allocations import Allocation
from compute.states import ENDED_ALLOCATIONS, LIMIT_MOVES, LimitState
from projects.models.moves import Move, Stateful

if TYPE_CHECKING:
    from projects.scoping import Person

STATE_LABELS = [
    (LimitState.PENDING.value, _("waiting")),
    (LimitState.APPLYING.value, _("being set")),
    (LimitState.IN_FORCE.value, _("in force")),
    (LimitState.SET_NOT_PROVEN.value, _("set, not proven")),
    (LimitState.DRIFTED.value, _("differs on the cluster")),
    (LimitState.NEEDS_OPERATOR.value, _("waits for the site")),
]


class LimitQuerySet(models.QuerySet["Limit"]):
    def visible_to(self, person: Person) -> Self:
        """The limits of visible allocations."""
        return self.filter(allocation__in=Allocation.objects.visible_to(person))

    def not_in_force(self) -> Self:
        """Those of present allocations that were not read back as they should be."""
        ended = Q(allocation__state__in=ENDED_ALLOCATIONS)
        return self.exclude(Q(state=LimitState.IN_FORCE) | ended)


class Limit(Stateful):
    """What must hold on the cluster (written by an award) and what was read there (by sync)."""

    MOVES = LIMIT_MOVES

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    allocation = models.OneToOneField(Allocation, on_delete=models.CASCADE, related_name="limit")
    desired_gpu_minutes = models.BigIntegerField()
    state = models.CharField(max_length=16, choices=STATE_LABELS, default=LimitState.PENDING.value)
    observed_gpu_minutes = models.BigIntegerField(null=True)
    observed_user = models.BooleanField(null=True)  # whether the UNIX user may use the account
    observed_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)  # last time observed and desired were the same
    unreachable_since = models.DateTimeField(null=True)
    detail = models.TextField(blank=True)  # what it waits for, in words
    command = models.TextField(blank=True)  # what the site's staff would run

    objects = LimitQuerySet.as_manager()

    class Meta:
        ordering = ["-allocation__created_at"]

    def __str__(self) -> str:
        return f"{self.allocation}: {self.state}"


class LimitMove(Move):
    limit = models.ForeignKey(Limit, on_delete=models.CASCADE, related_name="moves")

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"

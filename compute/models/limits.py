"""Limits: an allocation as it is enforced on the cluster; desired, observed and when verified."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from compute.models.allocations import Allocation
from compute.states import ENDED_ALLOCATIONS, LIMIT_MOVES, SET_LIMITS, LimitState
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
        """Those that were not read back as they should be, and the ones that changed since."""
        return self.exclude(state__in=SET_LIMITS) | self.changed()

    def changed(self) -> Self:
        """Those of which another limit is desired than was last proven."""
        closed = Q(allocation__state__in=ENDED_ALLOCATIONS) | ~Q(allocation__paused_at=None)
        closing = closed & ~Q(proven_closed=True)
        is_same = Q(proven_closed=False, proven_gpu_minutes=F("desired_gpu_minutes"))
        return self.filter(closing | (~closed & ~is_same))


class Limit(Stateful):
    """What must hold on the cluster (written by an award) and what was read there (by sync)."""

    MOVES = LIMIT_MOVES

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    allocation = models.OneToOneField(Allocation, on_delete=models.CASCADE, related_name="limit")
    desired_gpu_minutes = models.BigIntegerField()
    state = models.CharField(max_length=16, choices=STATE_LABELS, default=LimitState.PENDING.value)
    observed_gpu_minutes = models.BigIntegerField(null=True)
    # GrpSubmitJobs of the account: 0 lets nobody submit, None is no limit
    observed_submit_jobs = models.IntegerField(null=True)
    observed_user = models.BooleanField(null=True)  # whether the UNIX user may use the account
    observed_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)  # last time observed and desired were the same
    # What was desired when both were last the same: another desire is a change to be made, another
    # observation one that somebody made by hand.
    proven_gpu_minutes = models.BigIntegerField(null=True)
    proven_closed = models.BooleanField(null=True)
    unreachable_since = models.DateTimeField(null=True)
    detail = models.TextField(blank=True)  # what it waits for, in words
    command = models.TextField(blank=True)  # what the site's staff would run

    objects = LimitQuerySet.as_manager()

    class Meta:
        ordering = ["-allocation__created_at"]

    def __str__(self) -> str:
        return f"{self.allocation}: {self.state}"

    @property
    def is_to_be_closed(self) -> bool:
        """Whether nobody may submit under the account any more: the end, or a pause."""
        return self.allocation.has_ended or self.allocation.paused_at is not None

    @property
    def is_said(self) -> bool:
        """Whether its operator said that it holds, and nothing was read back."""
        return self.detail == "ConfirmedByOperator"

    @property
    def asked(self) -> str:
        """What the operator of a cluster that is not connected is asked for, as `detail`."""
        return "ToBeClosed" if self.is_to_be_closed else "ToBeConfirmed"

    @property
    def is_changed(self) -> bool:
        """Whether another limit is desired than was last proven."""
        if self.is_to_be_closed:
            return not self.proven_closed
        return bool(self.proven_closed) or self.proven_gpu_minutes != self.desired_gpu_minutes


class LimitMove(Move):
    limit = models.ForeignKey(Limit, on_delete=models.CASCADE, related_name="moves")

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"

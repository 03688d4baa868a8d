"""Calls for GPU-hours of boards everywhere: when one can ask where."""

from __future__ import annotations

import uuid
from datetime import date
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from projects.scoping import Person


class CallQuerySet(models.QuerySet["Call"]):
    def visible_to(self, person: Person) -> Self:
        """Calls are public: everybody who is signed in sees them."""
        return self if person.is_authenticated else self.none()

    def to_come(self, today: date) -> Self:
        """Those that one can still answer, the nearest deadline first; standing ones last."""
        rows = self.filter(Q(closes_on__gte=today) | Q(closes_on=None))
        return rows.order_by(F("closes_on").asc(nulls_last=True), "board")


class Call(models.Model):
    """One call of a board, with its deadline; data that coordinators keep."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    board = models.CharField(max_length=120)
    title = models.CharField(max_length=200)
    url = models.URLField(blank=True)
    opens_on = models.DateField(null=True, blank=True)
    closes_on = models.DateField(null=True, blank=True)  # None: one can ask at any time
    text = models.TextField(blank=True)  # what is given, to whom, how much
    as_of = models.DateField()  # when somebody last looked it up

    objects = CallQuerySet.as_manager()

    class Meta:
        ordering = ["-closes_on", "board"]
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        constraints = [
            models.UniqueConstraint(fields=["board", "title"], name="call_once"),
            models.CheckConstraint(
                condition=Q(opens_on=None) | Q(closes_on=None) | Q(opens_on__lte=F("closes_on")),
                name="call_forward",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.board}: {self.title}"

"""Seals of the audit log: each event's place and hash in the chain; append-only as events are."""

from __future__ import annotations

from django.db import models

from projects.audit import Head
from projects.models.events import Event

# The fields of `projects.audit.Link` in its order, of a table or alias named `event`.
LINK_COLUMNS = """event.id, event.at, event.actor_id, event.kind, event.object_type,
    event.object_id, event.project_id, event.reason, event.changes"""


class Seal(models.Model):
    """One event in the chain; `number` counts from 1 without a gap, in the order of sealing."""

    number = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="seal")
    hash = models.BinaryField(max_length=32)
    sealed_at = models.DateTimeField()

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return str(self.number)

    @classmethod
    def head(cls) -> Head | None:
        """The newest seal; None before the first."""
        row = cls.objects.order_by("-number").values_list("number", "hash").first()
        return Head(row[0], bytes(row[1])) if row else None


class AuditCheck(models.Model):
    """One look at the whole chain: how far it went, and what was wrong, if anything was."""

    at = models.DateTimeField()
    number = models.BigIntegerField()  # of the last seal that was looked at
    fault = models.TextField(blank=True)  # empty: it holds

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return self.fault or "holds"

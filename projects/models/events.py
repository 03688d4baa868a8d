"""The audit log: what a person or a policy did, written where it was done."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL

from projects.scoping import project_q, sees_everything

if TYPE_CHECKING:
    from projects.models.people import User
    from projects.scoping import Person


# What is said and decided about these may name a confidential plan's group.
CONFIDENTIAL = ("case", "overlap")


class EventQuerySet(models.QuerySet["Event"]):
    def visible_to(self, person: Person) -> Self:
        """Own deeds, and what happened in the projects one belongs to."""
        if sees_everything(person):
            if person.is_authenticated and person.standing.sees_confidential:
                return self
            return self.exclude(~Q(actor=person), object_type__in=CONFIDENTIAL)
        if not person.is_authenticated:
            return self.none()
        return self.filter(project_q(person, "project") | Q(actor=person))

    def sealed_after(self, number: int) -> Self:
        """The feed: those behind that seal of the chain, in the order of sealing."""
        return self.filter(seal__number__gt=number).order_by("seal__number")


class Event(models.Model):
    """One line of the audit log; append-only by privilege and by trigger."""

    sequence = models.BigAutoField(primary_key=True)
    id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    kind = models.CharField(max_length=40)  # verb_noun of the action
    object_type = models.CharField(max_length=20)
    object_id = models.UUIDField()
    project = models.ForeignKey(
        "projects.Project", on_delete=models.PROTECT, null=True, related_name="+"
    )
    reason = models.TextField(blank=True)
    changes = models.JSONField(default=dict)  # named fields, before and after
    # Readers that follow the log go by transaction, so that a late commit is never skipped.
    transaction_id = models.BigIntegerField(
        db_default=RawSQL("(pg_current_xact_id()::text::bigint)", ()), editable=False
    )

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["-sequence"]
        indexes = [
            models.Index(fields=["object_id"], name="event_object"),
            models.Index(fields=["project", "-sequence"], name="event_project"),
            models.Index(fields=["transaction_id"], name="event_transaction"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_type} {self.object_id}"


def record_event(
    *,
    by: User | None,
    kind: str,
    about: models.Model,
    now: Any,
    project: models.Model | None = None,
    reason: str = "",
    changes: dict[str, Any] | None = None,
) -> None:
    """Write one line of the audit log in the running transaction."""
    Event.objects.create(
        at=now,
        actor=by,
        kind=kind,
        object_type=about._meta.model_name or "",
        object_id=about.pk,
        project_id=project.pk if project else None,
        reason=reason,
        changes=changes or {},
    )

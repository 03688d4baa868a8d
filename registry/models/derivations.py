"""Where a version comes from."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from projects.scoping import sees_everything
from registry.models.labels import EVIDENCE_LABELS, PARENT_KIND_LABELS
from registry.models.versions import Version
from registry.models.visibility import open_to
from registry.vocabulary import Evidence, ParentKind

if TYPE_CHECKING:
    from projects.scoping import Person


class DerivationQuerySet(models.QuerySet["Derivation"]):
    def visible_to(self, person: Person) -> Self:
        """Edges of which the person may see both ends; a name that is no entry hides nothing."""
        if sees_everything(person):
            return self
        parent = Q(parent=None) | open_to(person, "parent__model__")
        return self.filter(parent, open_to(person, "child__model__"))


class Derivation(models.Model):
    """A typed edge from a child version to its parent, or to a name that is no entry here.

    A trigger refuses an edge that would close a circle (constraint `derivation_acyclic`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    child = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="parents")
    parent = models.ForeignKey(
        Version, on_delete=models.PROTECT, related_name="children", null=True
    )
    literal = models.CharField(max_length=300, blank=True)  # as it was written down
    kind = models.CharField(
        max_length=24, choices=PARENT_KIND_LABELS, default=ParentKind.UNKNOWN.value
    )
    is_inferred = models.BooleanField(default=False)  # nobody said the kind
    evidence = models.CharField(
        max_length=8, choices=EVIDENCE_LABELS, default=Evidence.DECLARED.value
    )
    note = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    objects = DerivationQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["child", "parent", "kind"],
                condition=Q(parent__isnull=False),
                name="derivation_once",
            ),
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=F("child")), name="no_own_parent"
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=False) | ~Q(literal=""), name="parent_or_literal"
            ),
        ]
        indexes = [
            models.Index(fields=["child", "parent"], name="derivation_up"),
            models.Index(fields=["parent", "child"], name="derivation_down"),
            models.Index(fields=["-created_at", "-id"], name="derivation_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.child} ← {self.parent or self.literal}"

"""Where a version comes from."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from registry.models.models import Version
from registry.vocabulary import ParentKind

PARENT_KIND_LABELS = [
    (ParentKind.CONTINUED_PRETRAINING.value, _("continued pretraining")),
    (ParentKind.FINETUNE.value, _("finetune")),
    (ParentKind.ADAPTER.value, _("adapter")),
    (ParentKind.QUANTIZED.value, _("quantised")),
    (ParentKind.MERGE.value, _("merge")),
    (ParentKind.DISTILLED.value, _("distilled")),
    (ParentKind.UNKNOWN.value, _("unknown")),
]


class Derivation(models.Model):
    """A typed edge from a child version to its parent, or to a name that is no entry here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    child = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="parents")
    parent = models.ForeignKey(
        Version, on_delete=models.PROTECT, related_name="children", null=True
    )
    literal = models.CharField(max_length=300, blank=True)  # as it was written down
    kind = models.CharField(
        max_length=24, choices=PARENT_KIND_LABELS, default=ParentKind.UNKNOWN.value
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
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
        ]

    def __str__(self) -> str:
        return f"{self.child} ← {self.parent or self.literal}"

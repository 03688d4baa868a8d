"""What groups call their entries in the catalogues that they push."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.utils import timezone


class ExchangeKeyQuerySet(models.QuerySet["ExchangeKey"]):
    def of(self, group: models.Model) -> Self:
        """The keys of one group; nobody is shown another's."""
        return self.filter(group=group)


class ExchangeKey(models.Model):
    """A sender's own key of an entry, and what its line last said.

    The entry is named without a reference: a derivation may be taken back, and its key stays.
    """

    class Kind(models.TextChoices):
        DATASET = "dataset"
        MODEL = "model"
        VERSION = "version"
        FIGURE = "figure"
        DERIVATION = "derivation"

    group = models.ForeignKey("projects.Group", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    key = models.CharField(max_length=200, db_collation="C")
    object_id = models.UUIDField()
    digest = models.CharField(max_length=64)  # of the line, however it was spaced and ordered
    pushed_at = models.DateTimeField(default=timezone.now)  # when it last changed something

    objects = ExchangeKeyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["group", "kind", "key"], name="exchange_key_once"),
            models.UniqueConstraint(fields=["kind", "object_id"], name="exchanged_by_one_key"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"

"""Scored pairs of model efforts, and the tables by which they are found."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import orjson
from django.db import connection, models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from projects.scoping import sees_everything
from registry.models.models import Model
from registry.models.visibility import open_to
from registry.overlap.scorer import FLAGGED, LINE, Kind

if TYPE_CHECKING:
    from projects.scoping import Person

KIND_LABELS = [
    (Kind.DUPLICATE.value, _("same goal and scale in parallel")),
    (Kind.OVERLAP.value, _("substantial overlap")),
    (Kind.REUSE_CANDIDATE.value, _("could be built on")),
    (Kind.RELATED.value, _("related")),
    (Kind.LINEAGE.value, _("one builds on the other")),
    (Kind.UNRELATED.value, _("unrelated")),
    (Kind.NOT_ENOUGH.value, _("not enough information")),
]


class OverlapQuerySet(models.QuerySet["Overlap"]):
    def visible_to(self, person: Person) -> Self:
        """Staff see all but confidential pairs; groups see own pairs that they could have found.

        A group sees a pair only if its own search, among what any partner may see, found it:
        so neither a row nor its absence tells of a plan that the group may not see.
        """
        if sees_confidential(person):
            return self.exclude(is_confidential=True, cases__recusals__user=person.pk)
        if sees_everything(person):
            return self.filter(is_confidential=False)
        if not person.is_authenticated:
            return self.none()
        own = list(person.standing.own_group_ids)
        mine = Q(a__group__in=own, found_by_a=True) | Q(b__group__in=own, found_by_b=True)
        return self.filter(mine, open_to(person, "a__"), open_to(person, "b__"))

    def flagged(self) -> Self:
        """Pairs worth a coordinator's look."""
        return self.filter(probability__gte=LINE, kind__in=[*FLAGGED, Kind.REUSE_CANDIDATE])

    def in_queue(self) -> Self:
        """What a coordinator may still prevent: flagged pairs of which one goes on."""
        return self.flagged().filter(is_live=True, is_settled=False)

    def of(self, model: Model) -> Self:
        """The pairs of one model."""
        return self.filter(Q(a=model) | Q(b=model))

    def keep(self, rows: Sequence[Overlap]) -> None:
        """Write scored pairs, over what stood there; ids, first finding and outcomes stay.

        As one JSON: to quote each column as an array, as bulk_create does, takes longer than
        all the rest of a comparison.
        """
        if rows:
            written = [{name: getattr(row, name) for name in _WRITTEN} for row in rows]
            with connection.cursor() as cursor:
                cursor.execute(_KEEP, [orjson.dumps(written).decode()])


def sees_confidential(person: Person) -> bool:
    """Coordinators and auditors; quota admins see a case's outcome instead."""
    return person.is_authenticated and person.standing.sees_confidential


class Overlap(models.Model):
    """A pair with its probability, class and reasons, as the named weights saw it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    a = models.ForeignKey(Model, on_delete=models.CASCADE, related_name="+")
    b = models.ForeignKey(Model, on_delete=models.CASCADE, related_name="+")
    probability = models.FloatField()
    kind = models.CharField(_("class"), max_length=24, choices=KIND_LABELS)
    # [{feature, level, points, en, de}], the weightiest first; points are natural log-odds
    reasons = models.JSONField(default=list)
    counterfactual = models.JSONField(null=True)  # {en, de}
    facts_alike = models.PositiveSmallIntegerField(default=0)
    facts_told = models.PositiveSmallIntegerField(default=0)
    stake_low = models.BigIntegerField(default=0)  # avoidable GPU-seconds
    stake_high = models.BigIntegerField(default=0)
    urgency = models.FloatField(default=0)  # probability × middle of the stake, in GPU-hours
    # Whether each side's own search, among what partners may see, finds the other.
    found_by_a = models.BooleanField(default=False)
    found_by_b = models.BooleanField(default=False)
    is_live = models.BooleanField(default=False)  # one of the two is planned or in training
    is_confidential = models.BooleanField(default=False)  # one of the two is not open to partners
    # A case said what this pair is; re-scoring never touches it.
    is_settled = models.BooleanField(default=False)
    weights_version = models.CharField(max_length=40)
    found_at = models.DateTimeField()
    assessed_at = models.DateTimeField()

    objects = OverlapQuerySet.as_manager()

    class Meta:
        ordering = ["-urgency", "-probability", "id"]
        verbose_name = _("similar efforts")
        verbose_name_plural = _("similar efforts")
        constraints = [
            models.UniqueConstraint(fields=["a", "b"], name="overlap_once"),
            models.CheckConstraint(condition=Q(a__lt=F("b")), name="overlap_in_order"),
            models.CheckConstraint(
                condition=Q(probability__gte=0) & Q(probability__lte=1),
                name="overlap_probability",
            ),
        ]
        indexes = [
            models.Index(fields=["b"], name="overlap_b"),
            models.Index(
                fields=["-urgency", "-probability", "id"],
                condition=Q(is_live=True, is_settled=False, probability__gte=LINE),
                name="overlap_queue",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.a} · {self.b}: {self.probability:.2f}"

    def other(self, model: Model) -> Model:
        """The one of the two that is not this."""
        return self.b if self.a_id == model.pk else self.a

    @property
    def sentences(self) -> list[dict[str, Any]]:
        """The reasons in the reader's language."""
        language = _language()
        return [{**row, "text": row[language]} for row in self.reasons]

    @property
    def what_if(self) -> str:
        """What single change would bring the pair across the line."""
        return self.counterfactual[_language()] if self.counterfactual else ""


# Columns in the order of the statement, with their types; the first are never written over.
_FIRST = {"id": "uuid", "a_id": "uuid", "b_id": "uuid", "found_at": "timestamptz"}
_SCORED = {
    "probability": "float8",
    "kind": "text",
    "reasons": "jsonb",
    "counterfactual": "jsonb",
    "facts_alike": "int2",
    "facts_told": "int2",
    "stake_low": "int8",
    "stake_high": "int8",
    "urgency": "float8",
    "found_by_a": "bool",
    "found_by_b": "bool",
    "is_live": "bool",
    "is_confidential": "bool",
    "weights_version": "text",
    "assessed_at": "timestamptz",
}
_WRITTEN = {**_FIRST, **_SCORED}
_KEEP = f"""
INSERT INTO registry_overlap ({", ".join(_WRITTEN)}, is_settled)
SELECT {", ".join(_WRITTEN)}, false
FROM jsonb_to_recordset(%s::jsonb) scored({", ".join(map(" ".join, _WRITTEN.items()))})
ORDER BY a_id, b_id
ON CONFLICT (a_id, b_id) DO UPDATE
SET {", ".join(f"{name} = excluded.{name}" for name in _SCORED)}
"""  # noqa: S608 (names from above)


def _language() -> str:
    return "de" if (get_language() or "en").startswith("de") else "en"


class Block(models.Model):
    """A model in one of the blocks it is looked for in; kept by a trigger on Model."""

    model = models.ForeignKey(Model, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=100, db_collation="C")
    size = models.FloatField(null=True)  # decimal logarithm of the parameters
    step = models.SmallIntegerField(null=True)  # its class: floor(size / registry.overlap STEP)
    day = models.IntegerField()  # the middle of its window, in days since 2000

    class Meta:
        indexes = [
            models.Index(fields=["key", "step", "day", "model"], name="block_by_step"),
            models.Index(fields=["key", "size", "model"], name="block_by_size"),
            models.Index(fields=["key", "day", "model"], name="block_by_day"),
            models.Index(fields=["model"], name="block_of_model"),
        ]

    def __str__(self) -> str:
        return self.key


class WordCount(models.Model):
    """How many models that partners may see hold a word; counted anew each night."""

    word = models.CharField(primary_key=True, max_length=100, db_collation="C")
    models_count = models.IntegerField()

    class Meta:
        indexes = [models.Index(fields=["models_count"], name="wordcount_rare")]

    def __str__(self) -> str:
        return f"{self.word}: {self.models_count}"

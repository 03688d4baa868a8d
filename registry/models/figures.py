"""Figures: dated facts about a model or version, each with its source; nothing is overwritten."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from registry.models.labels import (
    CONFIDENCE_LABELS,
    FIGURE_KIND_LABELS,
    SOURCE_LABELS,
    STAGE_LABELS,
)
from registry.models.models import Model
from registry.models.versions import Version
from registry.models.visibility import open_to
from registry.vocabulary import STRENGTH, UNITS, Confidence, FigureKind, Source, Stage

if TYPE_CHECKING:
    from projects.scoping import Person

Key = tuple[str, str]  # kind, stage


class FigureQuerySet(models.QuerySet["Figure"]):
    def visible_to(self, person: Person) -> Self:
        """The figures of visible models."""
        return self.filter(open_to(person, "model__"))


class Figure(models.Model):
    """One value of one kind at one time; a value of None says that it is not known any more."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="figures")
    version = models.ForeignKey(
        Version, on_delete=models.PROTECT, null=True, related_name="figures"
    )
    kind = models.CharField(max_length=20, choices=FIGURE_KIND_LABELS)
    stage = models.CharField(max_length=6, choices=STAGE_LABELS)
    value = models.DecimalField(max_digits=38, decimal_places=6, null=True)
    day = models.DateField(null=True)  # of kind released_on
    source = models.CharField(max_length=8, choices=SOURCE_LABELS, default=Source.DECLARED.value)
    confidence = models.CharField(
        max_length=6, choices=CONFIDENCE_LABELS, default=Confidence.UNKNOWN.value, blank=True
    )
    as_of = models.DateField()
    note = models.CharField(max_length=300, blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    objects = FigureQuerySet.as_manager()

    class Meta:
        ordering = ["-recorded_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(value=None) | Q(value__gte=0), name="figure_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(value=None) | ~Q(kind=FigureKind.RELEASED.value),
                name="figure_is_number_or_day",
            ),
        ]
        indexes = [
            models.Index(fields=["model", "kind"], name="figure_of_model"),
            models.Index(fields=["version", "kind"], name="figure_of_version"),
            models.Index(fields=["-recorded_at", "-id"], name="figure_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.kind}: {self.value}"

    @property
    def unit(self) -> str:
        """In what the value is counted."""
        return UNITS[FigureKind(self.kind)]

    @property
    def strength(self) -> tuple[object, ...]:
        """What a figure is compared by: the best source wins, then the newest."""
        return STRENGTH[Source(self.source)], self.as_of, self.recorded_at


def best_of(figures: Iterable[Figure]) -> dict[Key, Figure]:
    """For each kind and stage the figure that counts; one that says "not known" leaves none."""
    best: dict[Key, Figure] = {}
    for figure in figures:
        key = (figure.kind, figure.stage)
        if key not in best or figure.strength > best[key].strength:
            best[key] = figure
    return {key: row for key, row in best.items() if row.value is not None or row.day}


def one_for_each_kind(best: dict[Key, Figure]) -> dict[str, Figure]:
    """What actually was, else what is planned."""
    found: dict[str, Figure] = {}
    for stage in (Stage.PLAN, Stage.ACTUAL):
        found |= {kind: figure for (kind, at), figure in best.items() if at == stage}
    return found


def best_figures(models: Iterable[Model]) -> dict[UUID, dict[str, Figure]]:
    """Model → kind → the figure that counts, in one query."""
    found: dict[UUID, list[Figure]] = {model.pk: [] for model in models}
    for figure in Figure.objects.filter(model__in=list(found)):
        found[figure.model_id].append(figure)
    return {key: one_for_each_kind(best_of(rows)) for key, rows in found.items()}

"""The facts of models as rows of a page, and which of them differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from projects.templatetags.pages import count
from registry.models import Figure, Model
from registry.models.labels import FIGURE_KIND_LABELS, MODALITY_LABELS
from registry.templatetags.registry import domain_words, language_words, short, task_words
from registry.vocabulary import FigureKind

FIGURES = (
    FigureKind.GPU_HOURS_CAMPAIGN,
    FigureKind.GPU_HOURS_FINAL_RUN,
    FigureKind.ENERGY,
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One property of each of several models."""

    label: Any
    values: list[str]
    differs: bool


def compared(models: Sequence[Model], figures: Mapping[UUID, Mapping[str, Figure]]) -> list[Fact]:
    """The facts of models side by side, those that differ first."""
    kinds = dict(FIGURE_KIND_LABELS)
    rows: list[tuple[Any, list[str]]] = [
        (label, [read(model) for model in models]) for label, read in _READERS
    ]
    for kind in FIGURES:
        values = [figures.get(model.pk, {}).get(kind) for model in models]
        shown = [f"{_number(row)} {row.unit}" if row else "–" for row in values]
        rows.append((kinds[kind.value], shown))
    facts = [Fact(label, values, len(set(values)) > 1) for label, values in rows]
    known = [fact for fact in facts if any(value != "–" for value in fact.values)]
    return sorted(known, key=lambda fact: not fact.differs)


def _number(figure: Figure) -> str:
    return count(int(figure.value or 0))


def _modalities(values: Sequence[str]) -> str:
    labels = dict(MODALITY_LABELS)
    return ", ".join(str(labels.get(value, value)) for value in values) or "–"


def _window(model: Model) -> str:
    if model.window_start is None:
        return "–"
    end = date_format(model.window_end, "SHORT_DATE_FORMAT") if model.window_end else "…"
    return f"{date_format(model.window_start, 'SHORT_DATE_FORMAT')} – {end}"


_READERS: tuple[tuple[Any, Any], ...] = (
    (_("State"), lambda m: str(m.get_state_display())),
    (_("Group"), lambda m: f"{m.group.name} · {m.group.partner.name}"),
    (_("It produces"), lambda m: _modalities(m.modality_out)),
    (_("It takes in"), lambda m: _modalities(m.modality_in)),
    (_("Languages"), lambda m: language_words(m.languages) or "–"),
    (_("Tasks"), lambda m: task_words(m.tasks) or "–"),
    (_("Domains"), lambda m: domain_words(m.domains) or "–"),
    (_("How it is trained"), lambda m: str(m.get_training_mode_display())),
    (_("Parameters"), lambda m: short(m.parameters)),
    (_("Active parameters"), lambda m: short(m.active_parameters)),
    (_("Training tokens"), lambda m: short(m.tokens)),
    (_("Training window"), _window),
    (_("Architecture"), lambda m: m.architecture or "–"),
    (_("Licence"), lambda m: m.licence or "–"),
    (_("Datasets"), lambda m: ", ".join(m.datasets) or "–"),
    (_("Intended users"), lambda m: m.intended_users or "–"),
)

"""How the models of a list divide: by state, modality, language, task and so on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from registry.languages import language_name
from registry.models.labels import MODALITY_LABELS, STATE_LABELS, TRAINING_MODE_LABELS
from registry.models.models import Model
from registry.terms import DOMAINS, TASKS

READ = 2_000  # counting more would cost more than the list itself; the page says so
SHOWN = 8
SIZES = (
    ("", "999999999", _("below 1 B")),
    ("1000000000", "4999999999", _("1 to 5 B")),
    ("5000000000", "14999999999", _("5 to 15 B")),
    ("15000000000", "49999999999", _("15 to 50 B")),
    ("50000000000", "", _("50 B and more")),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """One value to narrow a list by."""

    label: Any
    count: int
    address: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """One property with its most frequent values."""

    label: Any
    choices: list[Choice]


@dataclass(frozen=True, slots=True)
class Facets:
    """All facets of a list; `is_partial` if only the newest rows were counted."""

    facets: list[Facet]
    counted: int
    is_partial: bool


def facets_of(rows: QuerySet[Model], chosen: Mapping[str, str]) -> Facets:
    """Counts over the newest rows; each choice keeps what was chosen before."""
    found = list(
        rows.order_by("-created_at", "-id").values_list(
            "state", "modality_out", "languages", "tasks", "domains", "training_mode", "licence",
            "parameters", "group__partner__slug", "group__partner__name",
        )[: READ + 1]
    )  # fmt: skip
    counted = found[:READ]
    partners = {row[8]: row[9] for row in counted}
    columns: list[tuple[str, Any, Iterable[Any], dict[str, Any]]] = [
        ("state", _("State"), (row[0] for row in counted), dict(STATE_LABELS)),
        ("modality_out", _("It produces"), _each(counted, 1), dict(MODALITY_LABELS)),
        ("languages", _("Languages"), _each(counted, 2), {}),
        ("tasks", _("Tasks"), _each(counted, 3), _words(TASKS)),
        ("domains", _("Domains"), _each(counted, 4), _words(DOMAINS)),
        ("training_mode", _("Training"), (row[5] for row in counted), dict(TRAINING_MODE_LABELS)),
        ("licence", _("Licence"), (row[6] for row in counted if row[6]), {}),
        ("partner", _("Partner"), (row[8] for row in counted), partners),
    ]
    facets = [
        _facet(name, label, Counter(values), labels, chosen)
        for name, label, values, labels in columns
    ]
    facets.insert(6, _sizes([row[7] for row in counted if row[7]], chosen))
    kept = [facet for facet in facets if facet.choices]
    return Facets(kept, len(counted), len(found) > READ)


def _facet(
    name: str, label: Any, counts: Counter[str], labels: dict[str, Any], chosen: Mapping[str, str]
) -> Facet:
    own = chosen.get(name, "")
    language = get_language() or "en"
    choices = [
        Choice(
            label=labels.get(value)
            or (language_name(value, language) if name == "languages" else value),
            count=count,
            address=_address(chosen, {name: "" if value == own else value}),
            is_chosen=value == own,
        )
        for value, count in counts.most_common(SHOWN)
        if value
    ]
    return Facet(label, choices if len(choices) > 1 or own else [])


def _sizes(parameters: list[int], chosen: Mapping[str, str]) -> Facet:
    own = (chosen.get("parameters_min", ""), chosen.get("parameters_max", ""))
    choices = []
    for low, high, label in SIZES:
        count = sum(int(low or 0) <= value <= int(high or 10**19) for value in parameters)
        if count:
            is_chosen = own == (low, high)
            wanted = ("", "") if is_chosen else (low, high)
            change = {"parameters_min": wanted[0], "parameters_max": wanted[1]}
            choices.append(Choice(label, count, _address(chosen, change), is_chosen))
    return Facet(_("Size"), choices)


def _address(chosen: Mapping[str, str], change: Mapping[str, str]) -> str:
    return "?" + urlencode({k: v for k, v in {**chosen, **change}.items() if v})


def _each(rows: Iterable[Any], column: int) -> Iterable[str]:
    return (value for row in rows for value in row[column])


def _words(table: Any) -> dict[str, str]:
    language = get_language() or "en"
    return {word: term.label(language) for word, term in table.items()}

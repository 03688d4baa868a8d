"""Which groups can do what a question asks for: what they say, and what their models show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Count, Q, Window
from django.db.models.functions import RowNumber

from projects.models import Group
from registry.models.competences import Competences
from registry.models.models import Model
from registry.questions import Question
from registry.terms import DOMAINS, TASKS, with_wider

if TYPE_CHECKING:
    from projects.scoping import Person

SHOWN_MODELS = 3
TABLES = {"tasks": TASKS, "domains": DOMAINS}


@dataclass
class Found:
    """A group, what of the question it says it can do, and how many models show all of it."""

    group: Group
    said: list[tuple[str, str]] = field(default_factory=list)
    competences: Competences | None = None
    models: int = 0
    shown: list[Model] = field(default_factory=list)
    asked: int = 0

    @property
    def rank(self) -> tuple[int, int, int, str]:
        """What fits best comes first: all that is asked, by models or by word."""
        covered = self.asked if self.models else len(self.said)
        return (-covered, -min(self.models, 1), -self.models, self.group.name)


def who_can(person: Person, question: Question) -> list[Found]:
    """Groups that cover any of what is asked, the best first; [] if nothing was understood."""
    if not question.facets:
        return []
    counts = _models(person, question)
    said = {
        row.group_id: row
        for row in Competences.objects.visible_to(person).filter(_any_said(question))
    }
    groups = Group.objects.visible_to(person).filter(pk__in={*counts, *said})
    found = []
    for group in groups.select_related("partner"):
        competences = said.get(group.pk)
        found.append(
            Found(
                group=group,
                said=_said(competences, question) if competences else [],
                competences=competences,
                models=counts.get(group.pk, 0),
                asked=len(question.facets),
            )
        )
    return sorted(found, key=lambda one: one.rank)


def with_models(person: Person, question: Question, found: Iterable[Found]) -> None:
    """Put up to three models beside each group that has some that show it."""
    rows = {one.group.pk: one for one in found if one.models}
    place = Window(RowNumber(), partition_by="group", order_by="-created_at")
    models = Model.objects.visible_to(person).present()
    models = models.filter(_all_shown(question), group__in=rows).annotate(place=place)
    for model in models.filter(place__lte=SHOWN_MODELS).order_by("place"):
        rows[model.group_id].shown.append(model)


def _models(person: Person, question: Question) -> dict[UUID, int]:
    rows = Model.objects.visible_to(person).present().filter(_all_shown(question))
    counts = rows.order_by().values_list("group").annotate(n=Count("pk"))
    return dict(counts)


def _all_shown(question: Question) -> Q:
    """Models that are of every field that is asked for, in any of its words or narrower ones."""
    q = Q()
    for name in ("languages", "tasks", "domains"):
        words = getattr(question, name)
        if words:
            q &= Q(**{f"{name}__overlap": _with_narrower(name, words)})
    return q


def _any_said(question: Question) -> Q:
    q = Q()
    for name in ("languages", "tasks", "domains"):
        words = getattr(question, name)
        if words:
            q |= Q(**{f"{name}__overlap": _with_narrower(name, words)})
    return q


def _with_narrower(name: str, words: Iterable[str]) -> list[str]:
    """The words and all that belong to them: who does radiology does health."""
    table = TABLES.get(name)
    if table is None:
        return list(words)
    asked = set(words)
    return [word for word in table if asked & set(with_wider([word], table))]


def _said(competences: Competences, question: Question) -> list[tuple[str, str]]:
    """Which of the asked words its own words cover."""
    return [
        (name, word)
        for name, word in question.facets
        if set(getattr(competences, name)) & set(_with_narrower(name, [word]))
    ]

"""Taking over model cards: a new model out of one, or the card of one that is registered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from projects.errors import Invalid
from projects.models import Group, Project, User
from registry.actions.figures import record_imported, stage_of
from registry.actions.lineage import Parent, check_parents, link_parent
from registry.actions.models import ModelFacts, plan_model, update_model
from registry.actions.states import name_successor
from registry.formats import hf_card
from registry.formats.front_matter import split_card
from registry.formats.hf_card import CardFacts
from registry.models import Model, Version
from registry.vocabulary import (
    MOST_COUNT,
    Evidence,
    FigureKind,
    Modality,
    ModelState,
    ParentKind,
    TrainingMode,
)

# Finds the entry that a name on a card means, as far as the person may see it.
Resolve = Callable[[str], Version | None]


@transaction.atomic
def import_card(
    *,
    by: User,
    group: Group,
    project: Project | None,
    name: str,
    visibility: str,
    text: str,
    resolve: Resolve,
    state: str = ModelState.PLANNED,
    now: datetime,
) -> Model:
    """Register a model as its card describes it. Raises Invalid, Conflict.

    Base models that are entries here become derivations, others stay as they are written; a
    relation that the card does not say stays unknown.
    """
    meta, body = split_card(text)
    said = hf_card.facts_in(meta)
    facts = _facts(meta, said, body)
    facts["name"], facts["visibility"] = name, visibility
    parents = _parents(meta, said, resolve)
    if parents:
        facts.setdefault("training_mode", _mode(parents))
    model = plan_model(
        by=by,
        group=group,
        project=project,
        facts=facts,
        parents=parents,
        state=state,
        evidence=Evidence.IMPORTED,
        now=now,
    )
    _keep_successor(model, said, resolve, by, now)
    _keep_emissions(model, said, by, now)
    return model


@transaction.atomic
def put_card(*, by: User, model: Model, text: str, resolve: Resolve, now: datetime) -> Model:
    """Give a model its card; facts that the card states are taken over, others stay.

    Raises Invalid for a card that cannot be read, Conflict for a base model that closes a circle.
    """
    meta, body = split_card(text)
    said = hf_card.facts_in(meta)
    facts = _facts(meta, said, body)
    update_model(by=by, model=model, facts=facts, now=now)
    child = model.newest_version()
    known = set(child.parents.values_list("literal", "parent"))
    new = [
        parent
        for parent in _parents(meta, said, resolve)
        if not any(
            parent.literal == literal or (parent.version and parent.version.pk == key)
            for literal, key in known
        )
    ]
    check_parents(new)
    for parent in new:
        link_parent(by=by, child=child, parent=parent, evidence=Evidence.IMPORTED, now=now)
    _keep_successor(model, said, resolve, by, now)
    _keep_emissions(model, said, by, now)
    return model


def _facts(meta: dict[str, Any], said: CardFacts, body: str) -> ModelFacts:
    facts: ModelFacts = {"card": body, "card_meta": meta}
    if said.languages:
        facts["languages"] = said.languages
    if said.licence:
        facts["licence"] = said.licence
    if said.datasets:
        facts["datasets"] = said.datasets
    if said.tasks:
        facts["tasks"] = said.tasks
        if said.tasks[0] in hf_card.MODALITIES:
            facts["modality_in"], facts["modality_out"] = hf_card.MODALITIES[said.tasks[0]]
    ours = meta.get(hf_card.OURS)
    if isinstance(ours, dict):
        facts.update(_own(ours))
    elif ours is not None:
        raise _unread("")
    return facts


def _own(ours: dict[str, Any]) -> ModelFacts:
    """Our own keys, as an export wrote them. Raises Invalid for one of another shape."""
    facts: dict[str, Any] = {}
    for name, kind in (
        ("architecture", str),
        ("training_mode", str),
        ("intended_users", str),
        ("description", str),
        ("parameters", int),
        ("active_parameters", int),
        ("tokens", int),
        ("modality_in", list),
        ("modality_out", list),
        ("domains", list),
        ("tasks", list),
    ):
        value = ours.get(name)
        if value is None:
            continue
        if not isinstance(value, kind) or not _fits(name, value):
            raise _unread(f".{name}")
        facts[name] = value
    window = ours.get("window")
    if window is not None:
        if not isinstance(window, dict):
            raise _unread(".window")
        facts["window_start"] = _day(window.get("start"))
        facts["window_end"] = _day(window.get("end"))
    result: Any = facts
    return result  # type: ignore[no-any-return]


def _unread(name: str) -> Invalid:
    sentence = _("x_cesai%(name)s of the card cannot be read; leave it out or correct it.") % {
        "name": name
    }
    return Invalid(sentence, fields={"card": [sentence]})


def _day(value: Any) -> date | None:
    """A day, as text or as YAML's own; None if it is not said. Raises Invalid."""
    text: Any = value.get("@date") if isinstance(value, dict) else value
    try:
        return None if value is None else date.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise _unread(".window") from error


def _fits(name: str, value: Any) -> bool:
    """Whether the table can hold it."""
    field: Any = Model._meta.get_field(name)
    if isinstance(value, list):
        if name.startswith("modality"):
            return all(isinstance(word, str) and word in set(Modality) for word in value)
        longest = field.base_field.max_length
        return all(isinstance(word, str) and len(word) <= longest for word in value)
    if isinstance(value, int):
        return not isinstance(value, bool) and 1 <= value <= MOST_COUNT
    choices = {key for key, _label in field.choices or ()}
    return (not choices or value in choices) and len(value) <= (field.max_length or 50_000)


def _parents(meta: dict[str, Any], said: CardFacts, resolve: Resolve) -> list[Parent]:
    return [
        Parent(resolve(name), name, kind, is_inferred)
        for name, kind, is_inferred in hf_card.kinds_in(meta, said)
    ]


def _mode(parents: Sequence[Parent]) -> str:
    kinds = {parent.kind for parent in parents}
    kind = ParentKind(kinds.pop()) if len(kinds) == 1 else ParentKind.MERGE
    return hf_card.MODES.get(kind, TrainingMode.UNKNOWN).value


def _keep_successor(
    model: Model, said: CardFacts, resolve: Resolve, by: User, now: datetime
) -> None:
    """Tie the model to its successor if that is an entry, so that it is named to nobody else."""
    version = resolve(said.successor) if said.successor else None
    if version is not None and version.model_id not in {model.pk, model.successor_id}:
        name_successor(by=by, model=model, successor=version.model, now=now)


def _keep_emissions(model: Model, said: CardFacts, by: User, now: datetime) -> None:
    if said.co2e_grams is None:
        return
    record_imported(
        by=by,
        model=model,
        kind=FigureKind.CO2E,
        value=Decimal(str(said.co2e_grams)) / 1000,
        stage=stage_of(model),
        as_of=now.date(),
        note="from the model card, where it stands in grams",
        now=now,
    )

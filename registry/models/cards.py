"""The card of a model as one person may read it: what it came with, brought up to date."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from registry.formats import hf_card
from registry.formats.front_matter import join_card
from registry.formats.hf_card import CardFacts
from registry.models.derivations import Derivation
from registry.models.models import Model

if TYPE_CHECKING:
    from projects.scoping import Person


def card_of(model: Model, person: Person) -> str:
    """README.md with front matter; names nothing that the person may not see."""
    edges = Derivation.objects.visible_to(person).filter(child=model.newest_version())
    successor = None
    if model.successor_id:
        visible = Model.objects.visible_to(person)
        successor = visible.filter(pk=model.successor_id).first()
    facts = CardFacts(
        languages=model.languages,
        licence=model.licence,
        datasets=model.datasets,
        tasks=model.tasks,
        successor=_name_of(successor, model) if successor else "",
    )
    meta = hf_card.merged_meta(
        model.card_meta,
        facts,
        [
            hf_card.Edge(edge.literal or edge.parent.model.qualified, edge.kind)  # type: ignore[union-attr]
            for edge in edges.select_related("parent__model")
        ],
        _ours(model),
        successor_hidden=bool(model.successor_id) and successor is None,
    )
    return join_card(meta, model.card)


def _name_of(successor: Model, model: Model) -> str:
    """As the model's card names it, if it does."""
    said = hf_card.facts_in(model.card_meta).successor
    names = {successor.qualified, successor.hub_id}
    names |= {successor.name} if successor.group_id == model.group_id else set()
    address = re.sub(r"\Amodels:/([^/@]+).*\Z", r"\1", said)
    return said if said and address in names else successor.hub_id or successor.qualified


def _ours(model: Model) -> dict[str, Any]:
    """Facts that the Hub has no key for; what is not known is left out."""
    facts: dict[str, Any] = {
        "id": str(model.pk),
        "state": model.state,
        "training_mode": model.training_mode,
        "modality_in": model.modality_in,
        "modality_out": model.modality_out,
        "architecture": model.architecture,
        "tasks": model.tasks,
        "domains": model.domains,
        "parameters": model.parameters,
        "active_parameters": model.active_parameters,
        "tokens": model.tokens,
        "intended_users": model.intended_users,
        "description": model.description,
        "window": {
            key: day.isoformat()
            for key, day in (("start", model.window_start), ("end", model.window_end))
            if day
        },
    }
    return {name: value for name, value in facts.items() if value not in (None, "", [], {})}

"""A plan that is being typed, as the comparison sees it; nothing of it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from registry.models.candidates import Candidate, Sight, kin_of
from registry.overlap import Effort
from registry.overlap.effort import facts
from registry.vocabulary import ModelState

if TYPE_CHECKING:
    from projects.models import User
    from registry.models.models import Model
    from registry.models.versions import Version


def candidate_of_facts(
    person: User, typed: Mapping[str, Any], *, model: Model | None, parent: Version | None
) -> Candidate:
    """Typed facts as an effort of the chosen group; `model` is the one that is being changed."""
    group = model.group if model else typed.get("group")
    key = str(model.pk) if model else ""
    above: frozenset[str] = frozenset()
    if parent is not None:
        above = kin_of(parent.model_id, Sight.of(person)).above | {str(parent.model_id)}
    effort = Effort(
        key=key,
        name=typed.get("name") or "",
        modality_in=facts(typed.get("modality_in")),
        modality_out=facts(typed.get("modality_out")),
        languages=facts(typed.get("languages")),
        tasks=facts(typed.get("tasks")),
        domains=facts(typed.get("domains")),
        training_mode=typed.get("training_mode") or "unknown",
        parameters=typed.get("parameters"),
        tokens=typed.get("tokens"),
        datasets=facts(typed.get("datasets")),
        licence=typed.get("licence") or "",
        begin=typed.get("window_start"),
        end=typed.get("window_end") or typed.get("window_start"),
        group=str(group.pk) if group else "",
        partners=frozenset([str(group.partner_id)] if group else []),
        ancestors=above,
        words=f"{typed.get('description') or ''} {typed.get('intended_users') or ''}",
    )
    return Candidate(effort, ModelState.PLANNED, None, is_confidential=False)

"""What becomes of an effort: it trains, is released, withdrawn, given up, or joined to another."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from projects.errors import Conflict, Invalid
from projects.models import User
from projects.models.events import record_event
from registry.actions.audience import told_in
from registry.actions.constraints import broken_constraint
from registry.actions.due import compare_again
from registry.models import Derivation, Model
from registry.models.labels import STATE_LABELS
from registry.models.walks import are_related
from registry.vocabulary import ENDED_STATES, ModelState


@transaction.atomic
def move_model(
    *, by: User | None, model: Model, state: str, reason: str = "", now: datetime
) -> Model:
    """Let a model go to another state.

    Raises Conflict for a move that the table does not know, if somebody was first, or for a
    withdrawal while allocations are in force for it.
    """
    if state not in model.may_become():
        labels: dict[str, Any] = dict(STATE_LABELS)
        allowed = ", ".join(str(labels[word]) for word in model.may_become()) or _("nothing else")
        raise Conflict(
            _("A model that is %(state)s cannot become %(wanted)s. It can become: %(allowed)s.")
            % {
                "state": labels[model.state],
                "wanted": labels[state],
                "allowed": allowed,
            },
            fields={"state": [_("Not from here.")]},
        )
    before = model.state
    try:
        with transaction.atomic():
            moved = model.move_to(
                state,
                now=now,
                by=by,
                reason=reason,
                updated_at=now,
                confirmed_at=now,
                assess_due_at=now,
            )
    except IntegrityError as error:
        raise _refusal_of(error) from error
    if not moved:
        raise Conflict(_("Somebody changed this model meanwhile. Reload and look again."))
    record_event(
        by=by,
        kind="move_model",
        about=model,
        project=told_in(model),
        reason=reason,
        now=now,
        changes={"state": [before, state]},
    )
    return model


@transaction.atomic
def confirm_model(*, by: User, model: Model, now: datetime) -> Model:
    """Say that an open plan is still true. Raises Conflict for one that is not open."""
    if not model.is_open():
        raise Conflict(_("Only a planned model or one in training waits to be confirmed."))
    before = model.confirmed_at
    model.confirmed_at, model.reminded_at = now, None
    model.save(update_fields=["confirmed_at", "reminded_at"])
    record_event(
        by=by,
        kind="confirm_model",
        about=model,
        project=told_in(model),
        now=now,
        changes={"confirmed_at": [before.isoformat(), now.isoformat()]},
    )
    return model


@transaction.atomic
def name_successor(*, by: User, model: Model, successor: Model | None, now: datetime) -> Model:
    """Say which model takes this one's place, or that none does. It is no derivation.

    Raises Invalid for itself or for one that this one succeeds, directly or over others.
    """
    if successor is not None:
        _check_successor(model, successor)
    before = model.successor_id
    model.successor, model.updated_at = successor, now
    if successor is None:  # else the card would go on naming the one that was
        model.card_meta = {k: v for k, v in model.card_meta.items() if k != "new_version"}
    model.save(update_fields=["successor", "card_meta", "updated_at"])
    compare_again([model.pk], now=now)
    record_event(
        by=by,
        kind="name_successor",
        about=model,
        project=told_in(model, successor),
        now=now,
        changes={"successor": [str(before) if before else None, _key(successor)]},
    )
    return model


@transaction.atomic
def merge_models(*, by: User, model: Model, into: Model, reason: str, now: datetime) -> Model:
    """Two records of one effort become one: the first stays visible and leads to the second.

    The partners of both stand with the record that is left, and what the first was declared to
    derive from is kept there, too. Raises Invalid, Conflict.
    """
    _check_merge(model, into)
    move_model(by=by, model=model, state=ModelState.WITHDRAWN, reason=reason, now=now)
    model.merged_into, model.updated_at = into, now
    model.save(update_fields=["merged_into", "updated_at"])
    compare_again([model.pk, into.pk], now=now)
    into.partners.add(model.group.partner, *model.partners.all())
    target = into.versions.order_by("created_at")[0]
    known: set[tuple[Any, str]] = set(target.parents.values_list("parent", "literal"))
    for edge in Derivation.objects.filter(child__model=model):
        if (edge.parent_id, edge.literal) not in known and edge.parent_id != target.pk:
            known.add((edge.parent_id, edge.literal))
            Derivation.objects.create(
                child=target,
                parent_id=edge.parent_id,
                literal=edge.literal,
                kind=edge.kind,
                is_inferred=edge.is_inferred,
                evidence=edge.evidence,
                note=edge.note,
                created_at=now,
                created_by=by,
            )
    for about, other in ((model, into), (into, model)):
        record_event(
            by=by,
            kind="merge_models",
            about=about,
            project=told_in(about, other),
            reason=reason,
            now=now,
            changes={"merged_into" if about is model else "merged": [None, str(other.pk)]},
        )
    return model


def _check_successor(model: Model, successor: Model) -> None:
    # One at a time, and read afresh: two that name each other at once would close a ring.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('registry_model.successor'))")
    at: UUID | None = successor.pk
    while at is not None:
        if at == model.pk:
            sentence = _("A model cannot succeed itself, not even over others.")
            raise Invalid(sentence, fields={"successor": [sentence]})
        at = Model.objects.values_list("successor", flat=True).get(pk=at)


def _check_merge(model: Model, into: Model) -> None:
    if model.pk == into.pk:
        raise Invalid(_("Choose another record to merge into."), fields={"into": [_("The same.")]})
    if into.state in ENDED_STATES or into.merged_into_id:
        raise Conflict(_("The record to merge into is withdrawn itself. Choose the living one."))
    if are_related(model.pk, into.pk):
        raise Conflict(
            _("One of the two derives from the other: these are two efforts, not two records.")
        )


def _refusal_of(error: IntegrityError) -> Conflict:
    if broken_constraint(error) != "model_has_no_allocation":
        raise error
    return Conflict(
        _(
            "Allocations are in force for this model. It can be withdrawn when they have ended"
            " or were revoked."
        )
    )


def _key(model: Model | None) -> str | None:
    return str(model.pk) if model else None

"""Saying where a version comes from, and taking it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from projects.errors import Conflict, Invalid, Refused
from projects.models import User
from projects.models.events import record_event
from registry.actions.audience import told_in
from registry.actions.constraints import broken_constraint
from registry.actions.due import compare_again
from registry.models import Derivation, Model, Version
from registry.vocabulary import Evidence


class Parent(NamedTuple):
    """What a version is made from: an entry the caller may see, or a name, or both."""

    version: Version | None
    literal: str
    kind: str
    is_inferred: bool = False
    note: str = ""


@transaction.atomic
def link_parent(
    *,
    by: User | None,
    child: Version,
    parent: Parent,
    evidence: Evidence = Evidence.DECLARED,
    now: datetime,
) -> Derivation:
    """A derivation of a version. Raises Conflict for one that is there or closes a circle."""
    check_parents([parent])
    edge = _edge(child, parent, evidence, by=by, now=now)
    try:
        with transaction.atomic():
            edge.save(force_insert=True)
    except IntegrityError as error:
        raise refusal_of(error) from error
    compare_again([child.model_id], now=now)
    record_event(
        by=by,
        kind="link_parent",
        about=child.model,
        project=told_in(child.model, _model_of(parent.version)),
        now=now,
        changes={"parent": [None, _told(parent)], "kind": [None, parent.kind]},
    )
    return edge


def new_parents(
    child: Version,
    parents: Sequence[Parent],
    evidence: Evidence = Evidence.DECLARED,
    *,
    by: User | None,
    now: datetime,
) -> None:
    """The derivations of a version that is being made. Raises Conflict, Invalid."""
    check_parents(parents)
    try:
        with transaction.atomic():
            Derivation.objects.bulk_create(
                _edge(child, parent, evidence, by=by, now=now) for parent in parents
            )
    except IntegrityError as error:
        raise refusal_of(error) from error


@transaction.atomic
def unlink_parent(*, by: User, edge: Derivation, now: datetime) -> None:
    """Take a derivation back; the log keeps that it was there."""
    model = edge.child.model
    parent = Parent(edge.parent, edge.literal, edge.kind)
    record_event(
        by=by,
        kind="unlink_parent",
        about=model,
        project=told_in(model, _model_of(edge.parent)),
        now=now,
        changes={"parent": [_told(parent), None], "kind": [edge.kind, None]},
    )
    edge.delete()
    compare_again([model.pk], now=now)


@transaction.atomic
def change_kind(*, by: User, edge: Derivation, kind: str, now: datetime) -> Derivation:
    """Say how a version derives from its parent. Raises Conflict if that is said already."""
    if edge.kind == kind and not edge.is_inferred:
        return edge
    before = edge.kind
    edge.kind, edge.is_inferred = kind, False
    try:
        with transaction.atomic():
            edge.save(update_fields=["kind", "is_inferred"])
    except IntegrityError as error:
        raise refusal_of(error) from error
    model = edge.child.model
    record_event(
        by=by,
        kind="change_kind",
        about=model,
        project=told_in(model, _model_of(edge.parent)),
        now=now,
        changes={"kind": [before, kind]},
    )
    return edge


def check_parents(parents: Sequence[Parent]) -> None:
    """Raise Invalid for a parent that is named twice."""
    edges = [(parent.version.pk, parent.kind) for parent in parents if parent.version]
    if len(edges) != len(set(edges)):
        sentence = _("Name each parent once.")
        raise Invalid(sentence, fields={"parents": [sentence]})


def refusal_of(error: IntegrityError) -> Refused:
    """What the database's refusal of an edge means. Raises the error if it is another."""
    sentences = {
        "derivation_acyclic": _(
            "The parent itself derives from this version: that would be a circle."
            " Take the other derivation back first, or choose another parent."
        ),
        "derivation_once": _("This parent is named already, with this kind."),
        "no_own_parent": _("A version cannot derive from itself."),
    }
    name = broken_constraint(error)
    if name not in sentences:
        raise error
    return Conflict(sentences[name], fields={"parents": [sentences[name]]})


def _edge(
    child: Version, parent: Parent, evidence: Evidence, *, by: User | None, now: datetime
) -> Derivation:
    return Derivation(
        child=child,
        parent=parent.version,
        literal=parent.literal,
        kind=parent.kind,
        is_inferred=parent.is_inferred,
        evidence=evidence,
        note=parent.note,
        created_at=now,
        created_by=by,
    )


def _model_of(version: Version | None) -> Model | None:
    return version.model if version else None


def _told(parent: Parent) -> str:
    return str(parent.version.pk) if parent.version else parent.literal

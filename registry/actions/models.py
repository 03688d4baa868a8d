"""Planning a model and keeping its plan true."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, TypedDict

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from projects.errors import Conflict, Invalid
from projects.models import Group, Project, User
from projects.models.events import record_event
from projects.roles import Visibility
from registry.models import Derivation, Model, Version
from registry.vocabulary import ModelState


class ModelFacts(TypedDict, total=False):
    """The facts of a plan; those left out are unknown."""

    name: str
    visibility: str
    modality_in: list[str]
    modality_out: list[str]
    architecture: str
    languages: list[str]
    domains: list[str]
    tasks: list[str]
    training_mode: str
    parameters: int | None
    tokens: int | None
    datasets: list[str]
    window_start: date | None
    window_end: date | None
    licence: str
    description: str


class Parent(NamedTuple):
    """What a planned model is to be made from: an entry the caller may see, or a name."""

    version: Version | None
    literal: str
    kind: str


@transaction.atomic
def plan_model(
    *,
    by: User,
    group: Group,
    project: Project | None,
    facts: ModelFacts,
    parents: Sequence[Parent] = (),
    now: datetime,
) -> Model:
    """Register an effort before training, with its one planned version.

    Raises Conflict if the group has a model of that name, Invalid if the window runs backwards
    or a parent is named twice.
    """
    _check_window(facts.get("window_start"), facts.get("window_end"))
    _check_parents(parents)
    try:
        with transaction.atomic():
            model = Model.objects.create(
                **facts, group=group, project=project, state=ModelState.PLANNED, created_by=by
            )
    except IntegrityError as error:
        raise _name_taken(facts["name"]) from error
    version = Version.objects.create(model=model)
    # A version that is new has no descendants, so no edge from it can close a circle.
    Derivation.objects.bulk_create(
        Derivation(child=version, parent=parent.version, literal=parent.literal, kind=parent.kind)
        for parent in parents
    )
    record_event(
        by=by,
        kind="plan_model",
        about=model,
        project=_told_in(model),
        now=now,
        changes={"name": [None, model.name], "visibility": [None, model.visibility]},
    )
    return model


@transaction.atomic
def update_model(*, by: User, model: Model, facts: ModelFacts, now: datetime) -> Model:
    """Change facts of a model; frozen facts of submitted requests stay as they are.

    Raises Conflict and Invalid as plan_model.
    """
    start = facts.get("window_start", model.window_start)
    _check_window(start, facts.get("window_end", model.window_end))
    values: dict[str, Any] = {
        name: value for name, value in facts.items() if getattr(model, name) != value
    }
    if not values:
        return model
    changes = {name: [_plain(getattr(model, name)), _plain(new)] for name, new in values.items()}
    for name, value in values.items():
        setattr(model, name, value)
    try:
        with transaction.atomic():
            model.save(update_fields=[*values, "updated_at"])
    except IntegrityError as error:
        raise _name_taken(model.name) from error
    record_event(
        by=by, kind="update_model", about=model, project=_told_in(model), now=now, changes=changes
    )
    return model


def planned_or_newest(model: Model) -> Version:
    """The version that a parent given as a model stands for: the newest numbered, else planned."""
    return model.versions.order_by(F("number").desc(nulls_last=True))[0]


def _check_window(start: date | None, end: date | None) -> None:
    if start and end and end <= start:
        sentence = _("The training window must end after it begins.")
        raise Invalid(sentence, fields={"window": [sentence]})


def _check_parents(parents: Sequence[Parent]) -> None:
    edges = [(parent.version.pk, parent.kind) for parent in parents if parent.version]
    if len(edges) != len(set(edges)):
        sentence = _("Name each parent once.")
        raise Invalid(sentence, fields={"parents": [sentence]})


def _told_in(model: Model) -> Project | None:
    """The project whose log tells of it: all its groups read that, also those not shown this."""
    return None if model.visibility == Visibility.GROUP else model.project


def _name_taken(name: str) -> Conflict:
    return Conflict(
        _("Your group already has a model named “%(name)s”. Choose another name.")
        % {"name": name},
        fields={"name": [_("Taken.")]},
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value

"""Registering a model and keeping its facts true."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, TypedDict

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from projects.doorbell import ring
from projects.errors import Conflict, Invalid, Refused
from projects.models import Group, Project, User
from projects.models.events import record_event
from registry.actions.audience import told_in
from registry.actions.figures import COLUMNS, declared_figures, maintain_columns
from registry.actions.lineage import Parent, new_parents
from registry.models import Dataset, Figure, Model, TrainedOn, Version
from registry.terms import DOMAINS, TASKS, Term, nearest, same_word
from registry.vocabulary import Evidence, ModelState

# What is kept up with every change of facts.
FOLLOWS = ("qualified", "words", "blocks", "updated_at", "confirmed_at", "assess_due_at")


class ModelFacts(TypedDict, total=False):
    """The facts of a model; those left out are unknown."""

    name: str
    visibility: str
    embargo_until: date | None
    shows_as_ancestor: bool
    modality_in: list[str]
    modality_out: list[str]
    architecture: str
    languages: list[str]
    domains: list[str]
    tasks: list[str]
    training_mode: str
    parameters: int | None
    active_parameters: int | None
    tokens: int | None
    datasets: list[str]
    window_start: date | None
    window_end: date | None
    licence: str
    hub_id: str
    intended_users: str
    contact: str
    description: str
    card: str
    card_meta: dict[str, Any]


@transaction.atomic
def plan_model(
    *,
    by: User | None,
    group: Group,
    project: Project | None,
    facts: ModelFacts,
    parents: Sequence[Parent] = (),
    state: str = ModelState.PLANNED,
    evidence: Evidence = Evidence.DECLARED,
    tags: dict[str, str] | None = None,
    now: datetime,
) -> Model:
    """Register an effort, as a rule before training, with its one planned version.

    Raises Conflict if the group has a model of that name, Invalid if the window runs backwards,
    a word is none of the vocabulary, or a parent is named twice.
    """
    values: Any = _checked(facts)
    _check_window(values.get("window_start"), values.get("window_end"))
    numbers = {kind.value: values[kind] for kind in COLUMNS if values.get(kind) is not None}
    model = Model(
        **values,
        group=group,
        project=project,
        qualified=f"{group.partner.slug}.{group.slug}.{values['name']}",
        state=state,
        tags=tags or {},
        created_by=by,
        created_at=now,
        confirmed_at=now,
        updated_at=now,
        assess_due_at=now,
    )
    model.registered_facts = {
        **model.facts(),
        "parents": [{"name": _name_of(parent), "kind": parent.kind} for parent in parents],
    }
    model.refresh_words()
    try:
        with transaction.atomic():
            model.save(force_insert=True)
    except IntegrityError as error:
        raise _name_taken(model.name) from error
    version = Version.objects.create(model=model, created_at=now, updated_at=now, created_by=by)
    if numbers:
        Figure.objects.bulk_create(declared_figures(model, numbers, by=by, now=now))
    if parents:
        new_parents(version, parents, evidence, by=by, now=now)
    link_datasets(version, model)
    record_event(
        by=by,
        kind="plan_model",
        about=model,
        project=told_in(model),
        now=now,
        changes={
            "name": [None, model.name],
            "visibility": [None, model.visibility],
            "state": [None, model.state],
        },
    )
    ring("registry.compare")
    return model


@transaction.atomic
def update_model(*, by: User | None, model: Model, facts: ModelFacts, now: datetime) -> Model:
    """Change facts of a model; frozen facts of submitted requests stay as they are.

    A new number of parameters or tokens becomes a declared figure: where a better source is
    known, that one still counts. Raises Conflict and Invalid as plan_model.
    """
    values: Any = _checked(facts)
    start = values.get("window_start", model.window_start)
    _check_window(start, values.get("window_end", model.window_end))
    values = {name: value for name, value in values.items() if getattr(model, name) != value}
    if not values:
        return model
    changes = {name: [_plain(getattr(model, name)), _plain(new)] for name, new in values.items()}
    numbers = {kind.value: values.pop(kind) for kind in COLUMNS if kind in values}
    if numbers:
        Figure.objects.bulk_create(declared_figures(model, numbers, by=by, now=now))
        maintain_columns(model, now=now)
    before = model.name
    for name, value in values.items():
        setattr(model, name, value)
    if "name" in values:
        model.qualified = model.qualified.removesuffix(before) + model.name
    model.refresh_words()
    # Whoever looks over the facts of a plan says that the others are still true.
    model.updated_at = model.confirmed_at = model.assess_due_at = now
    try:
        with transaction.atomic():
            model.save(update_fields=[*values, *FOLLOWS])
    except IntegrityError as error:
        raise _name_taken(model.name) from error
    if "datasets" in values:
        version = model.newest_version()
        TrainedOn.objects.filter(version=version).exclude(
            dataset__name__in=model.datasets
        ).delete()
        link_datasets(version, model)
    if "card" in changes or "card_meta" in changes:
        changes = {name: value for name, value in changes.items() if not name.startswith("card")}
        changes["card"] = [None, "changed"]
    record_event(
        by=by, kind="update_model", about=model, project=told_in(model), now=now, changes=changes
    )
    ring("registry.compare")
    return model


def link_datasets(version: Version, model: Model) -> None:
    """Tie a version to those of the named datasets that are registered and open to its group."""
    if not model.datasets:
        return
    named = Dataset.objects.filter(name__in=model.datasets)
    rows = named.filter(group=model.group_id) | named.filter(visibility__in=("public", "partners"))
    TrainedOn.objects.bulk_create(
        [TrainedOn(version=version, dataset=dataset) for dataset in rows.distinct()],
        ignore_conflicts=True,
    )


def _checked(facts: ModelFacts) -> dict[str, Any]:
    """The facts with every task and domain in the vocabulary's spelling. Raises Invalid."""
    values: dict[str, Any] = dict(facts)
    for name, table in (("tasks", TASKS), ("domains", DOMAINS)):
        if name in values:
            values[name] = _in_vocabulary(values[name], table, name)
    return values


def _in_vocabulary(words: Iterable[str], table: dict[str, Term], field: str) -> list[str]:
    found = list(dict.fromkeys(same_word(word) for word in words))
    for word in found:
        if word not in table:
            near = ", ".join(nearest(word, table)) or ", ".join(list(table)[:6])
            sentence = _("“%(word)s” is no word of the vocabulary. Do you mean: %(near)s?") % {
                "word": word,
                "near": near,
            }
            raise Invalid(sentence, fields={field: [sentence]})
    return found


def _check_window(start: date | None, end: date | None) -> None:
    if start and end and end <= start:
        sentence = _("The training window must end after it begins.")
        raise Invalid(sentence, fields={"window": [sentence]})


def _name_of(parent: Parent) -> str:
    """A parent as its child's certificate calls it; no more than the registrant could see."""
    return parent.literal or (parent.version.model.qualified if parent.version else "")


def _name_taken(name: str) -> Refused:
    return Conflict(
        _("Your group already has a model named “%(name)s”. Choose another name.")
        % {"name": name},
        fields={"name": [_("Taken.")]},
    )


def _plain(value: object) -> Any:
    return value.isoformat() if isinstance(value, date) else value

"""Versions of a model: registering weights, describing them, and the names that point to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from projects.errors import Conflict, Invalid
from projects.models import User
from projects.models.events import record_event
from registry.actions.audience import told_in
from registry.actions.lineage import Parent, new_parents
from registry.actions.models import link_datasets
from registry.actions.states import move_model
from registry.models import Alias, Model, Version
from registry.vocabulary import ALIAS, ENDED_STATES, Evidence, MlflowStage, ModelState

# Within it the same weights of the same run are the same call: clients repeat a lost one.
SAME_CALL = timedelta(minutes=10)
ACTIVE = (MlflowStage.STAGING, MlflowStage.PRODUCTION)


class VersionFacts(NamedTuple):
    """What is told of a set of weights when it is registered."""

    source: str
    run_id: str = ""
    run_link: str = ""
    description: str = ""
    tags: dict[str, str] = {}


@transaction.atomic
def create_version(
    *,
    by: User | None,
    model: Model,
    facts: VersionFacts,
    parents: Sequence[Parent] = (),
    evidence: Evidence = Evidence.DECLARED,
    now: datetime,
) -> Version:
    """Register weights: the first fill the planned version, and a planned model is in training.

    The same source and run within ten minutes is the same call and gives the same version.
    Raises Conflict for a model that has ended or a parent that closes a circle.
    """
    # One number at a time.
    locked = Model.objects.select_for_update(no_key=True, of=("self",))
    model = locked.select_related("group__partner", "project").get(pk=model.pk)
    if model.state in ENDED_STATES:
        raise Conflict(
            _("This model has ended (%(state)s) and takes no new version. Register a new model.")
            % {"state": model.get_state_display()}
        )
    repeated = _repeated(model, facts, now)
    if repeated is not None:
        return repeated
    version = _numbered(model, facts, by, now)
    if parents:
        new_parents(version, parents, evidence, by=by, now=now)
    link_datasets(version, model)
    if model.state == ModelState.PLANNED:
        move_model(by=by, model=model, state=ModelState.TRAINING, now=now)
    _touch(model, now)
    record_event(
        by=by,
        kind="create_version",
        about=version,
        # The source of a copy names what it was copied from.
        project=told_in(model, *(parent.version.model for parent in parents if parent.version)),
        now=now,
        changes={"number": [None, version.number], "source": [None, version.source]},
    )
    return version


@transaction.atomic
def update_version(
    *, by: User, version: Version, values: dict[str, Any], now: datetime
) -> Version:
    """Change what is told of a version: description, source, run."""
    changes = {
        name: [getattr(version, name), value]
        for name, value in values.items()
        if getattr(version, name) != value
    }
    for name, (_before, value) in changes.items():
        setattr(version, name, value)
    version.updated_at = now
    version.save(update_fields=[*changes, "updated_at"])
    if changes:
        _tell(by, "update_version", version, now, changes)
    return version


@transaction.atomic
def withdraw_version(*, by: User, version: Version, now: datetime) -> Version:
    """Take weights back: the version stays visible as withdrawn and its number is not used again.

    Raises Conflict for the planned version, which has no weights.
    """
    if version.number is None:
        raise Conflict(_("A planned version has no weights; withdraw or give up the model."))
    if version.withdrawn_at is None:
        version.withdrawn_at = version.updated_at = now
        version.save(update_fields=["withdrawn_at", "updated_at"])
        version.aliases.all().delete()
        _touch(version.model, now)
        _tell(by, "withdraw_version", version, now, {"withdrawn_at": [None, now.isoformat()]})
    return version


@transaction.atomic
def move_stage(
    *, by: User, version: Version, stage: str, archive_others: bool, now: datetime
) -> Version:
    """Set the stage that MLflow's clients know. Raises Invalid.

    With `archive_others` the versions that are in this stage now go to Archived.
    """
    if archive_others and stage not in ACTIVE:
        raise Invalid(
            _("Only Staging and Production archive what is in them; %(stage)s does not.")
            % {"stage": stage}
        )
    before, version.stage, version.updated_at = version.stage, stage, now
    if archive_others:
        others = version.model.versions.numbered().filter(stage=stage)
        others.exclude(pk=version.pk).update(stage=MlflowStage.ARCHIVED, updated_at=now)
    version.save(update_fields=["stage", "updated_at"])
    _touch(version.model, now)
    _tell(by, "move_stage", version, now, {"stage": [before, stage]})
    return version


@transaction.atomic
def set_alias(*, by: User, version: Version, name: str, now: datetime) -> Alias:
    """Let a name point to a version; it leaves the one that it pointed to. Raises Invalid."""
    if not ALIAS.match(name):
        sentence = _(
            "An alias has letters, digits, “_” and “-”; “latest” and v1, v2 … mean something else."
        )
        raise Invalid(sentence, fields={"alias": [sentence]})
    alias, _is_new = Alias.objects.update_or_create(
        model_id=version.model_id, name=name, defaults={"version": version}
    )
    _tell(by, "set_alias", version, now, {"alias": [None, name]})
    return alias


@transaction.atomic
def remove_alias(*, by: User, model: Model, name: str, now: datetime) -> None:
    """Take a name away; one that is not there is gone already."""
    alias = model.aliases.select_related("version__model").filter(name=name).first()
    if alias is not None:
        _tell(by, "remove_alias", alias.version, now, {"alias": [name, None]})
        alias.delete()


def _repeated(model: Model, facts: VersionFacts, now: datetime) -> Version | None:
    rows = model.versions.numbered().filter(source=facts.source, run_id=facts.run_id)
    return rows.filter(created_at__gt=now - SAME_CALL).order_by("number").first()


def _numbered(model: Model, facts: VersionFacts, by: User | None, now: datetime) -> Version:
    """The planned row with its number, or a new one after all that were ever given."""
    planned = model.versions.filter(number=None).first()
    highest = model.versions.aggregate(most=Max("number"))["most"] or 0
    values = {**facts._asdict(), "created_at": now, "updated_at": now, "created_by": by}
    if planned is None:
        return Version.objects.create(model=model, number=highest + 1, **values)
    planned.model, planned.number = model, highest + 1
    for name, value in values.items():
        setattr(planned, name, value)
    planned.save(update_fields=["number", *values])
    return planned


def _touch(model: Model, now: datetime) -> None:
    model.updated_at = now
    model.save(update_fields=["updated_at"])


def _tell(
    by: User, kind: str, version: Version, now: datetime, changes: dict[str, list[Any]]
) -> None:
    record_event(
        by=by,
        kind=kind,
        about=version,
        project=told_in(version.model),
        now=now,
        changes=changes,
    )

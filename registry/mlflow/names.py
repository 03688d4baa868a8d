"""What a model is called by a caller: bare in their home group, `partner.group.name` elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Case, F, QuerySet, When

from projects.access import group_verbs, require
from projects.models import Group
from projects.roles import Verb
from registry.mlflow.caller import Caller
from registry.mlflow.errors import MlflowError, absent, invalid
from registry.models import Model, Version
from registry.models.visibility import open_sql
from registry.vocabulary import ModelState

# The bare name of the home group goes first.
_NAMED = """
SELECT id FROM (
    SELECT model.id, 0 AS place FROM registry_model model
    WHERE model.group_id = %s AND model.name = %s AND model.state <> 'withdrawn'
    UNION ALL
    SELECT model.id, 1 FROM registry_model model
    WHERE model.qualified = %s AND model.group_id IS DISTINCT FROM %s
    AND model.state <> 'withdrawn' AND {opened}
) found ORDER BY place LIMIT 1
"""


def named_sql(name: str, caller: Caller) -> tuple[str, list[Any]]:
    """The id of the one model of that name as a subquery, with its parameters."""
    opened, rights = open_sql(caller.user, "model")
    return _NAMED.format(opened=opened), [caller.home, name, name, caller.home, *rights]


def models_of(caller: Caller) -> QuerySet[Model]:
    """The models that a caller's MLflow shows: visible ones that were not withdrawn."""
    rows: QuerySet[Model] = Model.objects.visible_to(caller.user)
    return rows.exclude(state=ModelState.WITHDRAWN)


def shown_name(home: UUID | None, prefix: str = "") -> Any:
    """The name as an expression, for filters and orders."""
    if home is None:
        return F(f"{prefix}qualified")
    own = When(**{f"{prefix}group": home}, then=F(f"{prefix}name"))
    return Case(own, default=F(f"{prefix}qualified"))


def prefix_of(caller: Caller) -> str:
    """What the qualified names of the home group begin with: `partner.group.`"""
    known = caller.user.standing.group_names
    return f"{known[caller.home]}." if caller.home in known else "."


def name_of(model: Model, caller: Caller) -> str:
    """The name of one model for this caller."""
    return model.name if model.group_id == caller.home else model.qualified


def named(name: str, caller: Caller) -> QuerySet[Model]:
    """The one model of that name, or none."""
    own = models_of(caller).filter(group=caller.home, name=name) if caller.home else None
    if own is not None and own.exists():
        return own
    return models_of(caller).filter(qualified=name).exclude(group=caller.home)


def keys_named(names: Iterable[str], caller: Caller) -> list[UUID]:
    """The models that any of the names mean, by id."""
    rows = models_of(caller)
    wanted = set(names)
    own = dict(rows.filter(group=caller.home, name__in=wanted).values_list("name", "pk"))
    others = rows.filter(qualified__in=wanted - own.keys()).exclude(group=caller.home)
    return [*own.values(), *others.values_list("pk", flat=True)]


def model_named(name: str, caller: Caller, verb: Verb = Verb.VIEW) -> Model:
    """Raises MlflowError (not there), NotAllowed."""
    model = named(name, caller).select_related("group__partner", "project").first()
    if model is None:
        raise absent(f"Registered Model with name={name} not found")
    if verb is not Verb.VIEW:
        require(group_verbs(caller.user, model.group), verb)
    return model


def number_of(name: str, text: str) -> int:
    """A version's number as it is written. Raises MlflowError."""
    try:
        number = int(text)
    except ValueError as error:
        raise invalid(f"Parameter 'version' must be an integer, got '{text}'.") from error
    if not 0 < number < 2**31:
        raise no_version(name, text)
    return number


def no_version(name: str, text: str) -> MlflowError:
    """There is none of that number here."""
    return absent(f"Model Version (name={name}, version={text}) not found")


def version_numbered(name: str, text: str, caller: Caller, verb: Verb = Verb.VIEW) -> Version:
    """A version by its number. Raises MlflowError, NotAllowed."""
    rows = Version.objects.numbered().filter(model__in=named(name, caller))
    rows = rows.select_related("model__group__partner", "model__project")
    found = rows.filter(number=number_of(name, text)).first()
    if found is None:
        raise no_version(name, text)
    if verb is not Verb.VIEW:
        require(group_verbs(caller.user, found.model.group), verb)
    return found


def home_group(caller: Caller) -> Group:
    """Where a new model is registered. Raises MlflowError, NotAllowed."""
    rows = Group.objects.select_related("partner")
    group = rows.filter(pk=str(caller.home)).first() if caller.home else None
    if group is None:
        raise MlflowError(
            "PERMISSION_DENIED",
            "You belong to no group, so a bare name means nothing. Ask a lead to invite you.",
        )
    require(group_verbs(caller.user, group), Verb.PLAN_MODEL)
    return group

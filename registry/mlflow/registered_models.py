"""MLflow's registered models: our models under the names that their clients use."""

from __future__ import annotations

import re
from typing import Any

from django.db import transaction
from django.utils import timezone

from projects.roles import Verb, Visibility
from registry.actions import versions
from registry.actions.models import plan_model, update_model
from registry.actions.states import move_model
from registry.actions.tag_meaning import drop_tag, in_order, plain, put_tag
from registry.mlflow import shapes
from registry.mlflow.caller import Caller
from registry.mlflow.errors import MlflowError, absent, invalid
from registry.mlflow.names import (
    home_group,
    model_named,
    named,
    named_sql,
    version_numbered,
)
from registry.mlflow.params import MOST_QUALIFIED, Params, model_name, tag_key, tag_value
from registry.mlflow.rows import ONE, read_models
from registry.mlflow.search import search_models
from registry.models import Model, Version
from registry.vocabulary import MlflowStage, ModelState

Answer = dict[str, Any]
_LATEST = (
    "SELECT version.id, 0 AS place FROM registry_version version"
    " WHERE version.model_id = ({model}) AND version.number IS NOT NULL"
    " AND version.withdrawn_at IS NULL ORDER BY version.number DESC LIMIT 1"
)
_BY_ALIAS = (
    "SELECT version.id, 0 AS place FROM registry_version version"
    " JOIN registry_alias alias ON alias.version_id = version.id"
    " WHERE alias.model_id = ({model}) AND alias.name = %s AND version.withdrawn_at IS NULL"
)


@transaction.atomic
def create(caller: Caller, params: Params) -> Answer:
    """Register a model in the caller's home group: its own, planned."""
    name = model_name(params.text("name"))
    tags = params.tags()
    group = home_group(caller)
    if named(name, caller).exists():
        raise _taken(name)
    model = plan_model(
        by=caller.user,
        group=group,
        project=None,
        facts={
            "name": name,
            "visibility": Visibility.GROUP,
            "description": params.optional("description") or "",
        },
        parents=[],
        tags=plain(tags, caller.user),
        now=timezone.now(),
    )
    for key in in_order(tags.keys() - model.tags.keys()):
        put_tag(by=caller.user, about=model, key=key, value=tags[key], now=timezone.now())
    return _shown(model, caller)


def get(caller: Caller, params: Params) -> Answer:
    """One model; clients ask this before nearly every change."""
    name = model_name(params.text("name"), most=MOST_QUALIFIED)
    chosen, params_of = named_sql(name, caller)
    rows = read_models(caller, ONE.format(id=chosen), params_of)
    if not rows:
        raise absent(f"Registered Model with name={name} not found")
    return {"registered_model": shapes.with_latest(caller, rows)[0]}


def search(caller: Caller, params: Params) -> Answer:
    """A page of models."""
    rows, token = search_models(params, caller)
    answer: Answer = {}
    if rows:
        answer["registered_models"] = shapes.with_latest(caller, rows)
    if token:
        answer["next_page_token"] = token
    return answer


def rename(caller: Caller, params: Params) -> Answer:
    """Another name in the same group."""
    model = model_named(params.text("name"), caller, Verb.EDIT_MODEL)
    new_name = params.text("new_name")
    if model.group_id != caller.home:
        new_name = new_name.removeprefix(f"{model.group.partner.slug}.{model.group.slug}.")
    new_name = model_name(new_name, "new_name")
    now = timezone.now()
    update_model(by=caller.user, model=model, facts={"name": new_name}, now=now)
    for rows in (Model.objects.filter(pk=model.pk), Version.objects.filter(model=model)):
        rows.update(updated_at=now)
    return _shown(model, caller)


def update(caller: Caller, params: Params) -> Answer:
    """Another description; none clears it."""
    model = model_named(params.text("name"), caller, Verb.EDIT_MODEL)
    now = timezone.now()
    description = params.optional("description") or ""
    update_model(by=caller.user, model=model, facts={"description": description}, now=now)
    Model.objects.filter(pk=model.pk).update(updated_at=now)
    return _shown(model, caller)


def delete(caller: Caller, params: Params) -> Answer:
    """Withdrawn: gone from MLflow with its name free again, and still visible in the portal."""
    model = model_named(params.text("name"), caller, Verb.EDIT_MODEL)
    move_model(
        by=caller.user,
        model=model,
        state=ModelState.WITHDRAWN,
        reason="deleted by an MLflow client",
        now=timezone.now(),
    )
    return {}


def set_tag(caller: Caller, params: Params) -> Answer:
    """Set a tag of a model."""
    name, key = params.text("name"), tag_key(params.optional("key") or "")
    value = tag_value(params.optional("value") or "")
    model = model_named(name, caller, Verb.EDIT_MODEL)
    put_tag(by=caller.user, about=model, key=key, value=value, now=timezone.now())
    return {}


def delete_tag(caller: Caller, params: Params) -> Answer:
    """Remove a tag of a model; one that is absent is removed already."""
    name, key = params.text("name"), tag_key(params.optional("key") or "")
    model = model_named(name, caller, Verb.EDIT_MODEL)
    drop_tag(by=caller.user, about=model, key=key, now=timezone.now())
    return {}


def latest_versions(caller: Caller, params: Params) -> Answer:
    """The newest version of each stage."""
    name = params.text("name")
    stages = [stage_named(stage) for stage in params.texts("stages")]
    model = named(name, caller).only("pk").first()
    if model is None:
        raise absent(f"Registered Model with name={name} not found")
    rows = shapes.latest_versions(caller, model.pk, stages)
    return {"model_versions": rows} if rows else {}


def set_alias(caller: Caller, params: Params) -> Answer:
    """Let an alias point to a version."""
    name, alias = params.text("name"), alias_named(params.text("alias"))
    version = version_numbered(name, params.text("version"), caller, Verb.EDIT_MODEL)
    versions.set_alias(by=caller.user, version=version, name=alias, now=timezone.now())
    return {}


def get_by_alias(caller: Caller, params: Params) -> Answer:
    """The version that an alias points to; `latest` is the highest."""
    name, alias = params.text("name"), params.text("alias")
    of_model, params_of = named_sql(name, caller)
    if alias.lower() == "latest":
        shape = shapes.one_version(caller, _LATEST.format(model=of_model), params_of)
    else:
        shape = shapes.one_version(caller, _BY_ALIAS.format(model=of_model), [*params_of, alias])
    if shape is not None:
        return {"model_version": shape}
    if not named(name, caller).exists():
        raise absent(f"Registered Model with name={name} not found")
    if alias.lower() == "latest":
        raise absent(f"Latest version not found for model {name}.")
    raise invalid(f"Registered model alias {alias} not found.")


def delete_alias(caller: Caller, params: Params) -> Answer:
    """Take an alias away; one that is absent is away already."""
    name, alias = params.text("name"), params.text("alias")
    model = model_named(name, caller, Verb.EDIT_MODEL)
    versions.remove_alias(by=caller.user, model=model, name=alias, now=timezone.now())
    return {}


def stage_named(text: str) -> str:
    """A stage in its own spelling. Raises MlflowError."""
    for stage in MlflowStage:
        if stage.lower() == text.lower():
            return stage.value
    known = ", ".join(MlflowStage)
    raise invalid(f"Invalid Model Version stage: {text}. Value must be one of {known}.")


def alias_named(text: str) -> str:
    """An alias that may be set. Raises MlflowError."""
    if not re.fullmatch(r"[\w-]*", text):
        raise invalid(
            f"Invalid alias name: '{text}'. Names may only contain alphanumerics, underscores (_),"
            " and dashes (-)."
        )
    if len(text) > 255:
        raise invalid("'Registered model alias name' exceeds the maximum length of 255 characters")
    if text.lower() == "latest":
        raise invalid("'latest' alias name (case insensitive) is reserved.")
    if re.fullmatch(r"[vV]\d+", text):
        raise invalid(f"Version alias name '{text}' is reserved.")
    return text


def _shown(model: Model, caller: Caller) -> Answer:
    return {"registered_model": shapes.models(caller, [model.pk])[0]}


def _taken(name: str) -> MlflowError:
    return MlflowError(
        "RESOURCE_ALREADY_EXISTS", f"Registered Model (name={name}) already exists."
    )

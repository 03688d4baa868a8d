"""MLflow's model versions: our versions with weights."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from projects.roles import Verb
from registry.actions import versions
from registry.actions.tag_meaning import drop_tag, parents_in, plain, put_tag
from registry.mlflow import shapes
from registry.mlflow.caller import Caller
from registry.mlflow.errors import invalid
from registry.mlflow.names import (
    model_named,
    named_sql,
    no_version,
    number_of,
    version_numbered,
)
from registry.mlflow.params import HELP, Params, tag_key, tag_value
from registry.mlflow.registered_models import stage_named
from registry.mlflow.search import search_versions
from registry.mlflow.sources import read_source
from registry.models import Version
from registry.models.sources import download_uri
from registry.vocabulary import Evidence

Answer = dict[str, Any]
_NUMBERED = (
    "SELECT version.id, 0 AS place FROM registry_version version"
    " WHERE version.model_id = ({model}) AND version.number = %s AND version.withdrawn_at IS NULL"
)


def create(caller: Caller, params: Params) -> Answer:
    """Register weights. A repeated call within minutes gives the version it gave before."""
    name, text = params.text("name"), params.text("source")
    source = read_source(text, params.optional("run_id") or "", caller)
    tags = params.tags()
    model = model_named(name, caller, Verb.EDIT_MODEL)
    version = versions.create_version(
        by=caller.user,
        model=model,
        facts=versions.VersionFacts(
            source=source.text,
            run_id=source.run_id[:100],
            run_link=(params.optional("run_link") or "")[:500],
            description=params.optional("description") or "",
            tags=plain(tags, caller.user),
        ),
        parents=parents_in(tags, caller.user, model, source.original),
        evidence=Evidence.MEASURED if source.original is not None else Evidence.DECLARED,
        now=timezone.now(),
    )
    return _shown(version, caller)


def get(caller: Caller, params: Params) -> Answer:
    """One version."""
    name, text = params.text("name"), _number(params)
    of_model, params_of = named_sql(name, caller)
    chosen = _NUMBERED.format(model=of_model)
    shape = shapes.one_version(caller, chosen, [*params_of, number_of(name, text)])
    if shape is None:
        raise no_version(name, text)
    return {"model_version": shape}


def search(caller: Caller, params: Params) -> Answer:
    """A page of versions."""
    keys, token = search_versions(params, caller)
    answer: Answer = {}
    if keys:
        answer["model_versions"] = shapes.versions(caller, keys)
    if token:
        answer["next_page_token"] = token
    return answer


def update(caller: Caller, params: Params) -> Answer:
    """Another description."""
    version = version_numbered(params.text("name"), _number(params), caller, Verb.EDIT_MODEL)
    values = {"description": params.optional("description") or ""}
    versions.update_version(by=caller.user, version=version, values=values, now=timezone.now())
    return _shown(version, caller)


def delete(caller: Caller, params: Params) -> Answer:
    """Withdrawn: gone from MLflow, its number never used again, still visible in the portal."""
    version = version_numbered(params.text("name"), _number(params), caller, Verb.EDIT_MODEL)
    versions.withdraw_version(by=caller.user, version=version, now=timezone.now())
    return {}


def transition_stage(caller: Caller, params: Params) -> Answer:
    """Set the stage."""
    name, number = params.text("name"), _number(params)
    stage = stage_named(params.text("stage"))
    archive = params.flag("archive_existing_versions")
    version = version_numbered(name, number, caller, Verb.EDIT_MODEL)
    versions.move_stage(
        by=caller.user, version=version, stage=stage, archive_others=archive, now=timezone.now()
    )
    return _shown(version, caller)


def set_tag(caller: Caller, params: Params) -> Answer:
    """Set a tag of a version."""
    name, number = params.text("name"), _number(params)
    key, value = tag_key(params.optional("key") or ""), tag_value(params.optional("value") or "")
    version = version_numbered(name, number, caller, Verb.EDIT_MODEL)
    put_tag(by=caller.user, about=version, key=key, value=value, now=timezone.now())
    return {}


def delete_tag(caller: Caller, params: Params) -> Answer:
    """Remove a tag of a version; one that is absent is removed already."""
    name, number = params.text("name"), _number(params)
    key = tag_key(params.optional("key") or "")
    version = version_numbered(name, number, caller, Verb.EDIT_MODEL)
    drop_tag(by=caller.user, about=version, key=key, now=timezone.now())
    return {}


def get_download_uri(caller: Caller, params: Params) -> Answer:
    """Where the weights can be fetched."""
    name = params.text("name")
    version = version_numbered(name, _number(params), caller)
    return {"artifact_uri": download_uri(version, caller.user)}


def _number(params: Params) -> str:
    text = params.optional("version")
    if text is None and not params.is_query:
        raise invalid(f"Missing value for required parameter 'version'. {HELP}")
    return text or ""


def _shown(version: Version, caller: Caller) -> Answer:
    shape = shapes.one_version(caller, "SELECT %s::uuid AS id, 0 AS place", [version.pk])
    return {"model_version": shape}

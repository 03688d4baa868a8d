"""Our rows in the shapes that MLflow's clients read. What is empty is left out, as they expect."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from registry.mlflow.caller import Caller
from registry.mlflow.rows import (
    LISTED,
    NEWEST,
    ModelRow,
    VersionRow,
    read_models,
    read_versions,
)
from registry.models.sources import COPIED
from registry.vocabulary import MlflowStage

Shape = dict[str, Any]
STAGES = [stage.value for stage in MlflowStage]


def models(caller: Caller, keys: Sequence[UUID]) -> list[Shape]:
    """Registered models by id, in that order."""
    return with_latest(caller, read_models(caller, LISTED, [list(keys)]))


def with_latest(caller: Caller, rows: Sequence[ModelRow]) -> list[Shape]:
    """Registered models with their newest version of each stage and their aliases."""
    latest: dict[UUID, list[Shape]] = {row.id: [] for row in rows}
    for version in newest(caller, list(latest)):
        shape = _version(version)
        shape.pop("aliases", None)  # they stand beside, with all of the model
        latest[version.model].append(shape)
    return [_model(row, latest[row.id]) for row in rows]


def versions(caller: Caller, keys: Sequence[UUID]) -> list[Shape]:
    """Versions by id, in that order, without their aliases, as a search tells them."""
    found = [_version(row) for row in read_versions(caller, LISTED, [list(keys)])]
    for shape in found:
        shape.pop("aliases", None)
    return found


def latest_versions(caller: Caller, model: UUID, stages: Sequence[str]) -> list[Shape]:
    """The newest version of each stage of one model."""
    return [_version(row) for row in newest(caller, [model], stages or STAGES)]


def one_version(caller: Caller, chosen: str, params: Sequence[Any]) -> Shape | None:
    """The version whose id a subquery selects, None if it selects none."""
    rows = read_versions(caller, chosen, params)
    return _version(rows[0]) if rows else None


def newest(
    caller: Caller, keys: Sequence[UUID], stages: Sequence[str] = STAGES
) -> list[VersionRow]:
    """The highest living version of each stage."""
    return read_versions(caller, NEWEST, [list(keys), list(stages)])


def _model(row: ModelRow, latest: list[Shape]) -> Shape:
    tags = {**row.tags, "cesai.project": row.project} if row.project else row.tags
    shape = {
        "name": row.name,
        "creation_timestamp": _ms(row.created_at),
        "last_updated_timestamp": _ms(row.updated_at),
    }
    aliases = [{"alias": name, "version": str(number)} for name, number in row.aliases or ()]
    parts = {
        "description": row.description,
        "latest_versions": latest,
        "tags": _tags(tags),
        "aliases": aliases,
    }
    return {**shape, **{name: value for name, value in parts.items() if value}}


def _version(row: VersionRow) -> Shape:
    edges, tags, source, run_id = row.edges or [], row.tags, row.source, row.run_id
    if edges:
        kinds = {kind for _name, kind, _note in edges}
        bases = ", ".join(name for name, _kind, _note in edges)
        relation = kinds.pop() if len(kinds) == 1 else "merge"
        tags = {**tags, "cesai.base_model": bases, "cesai.relation": relation}
    if source.startswith("models:/") and not any(note == COPIED for _, _, note in edges):
        source = run_id = ""  # a copy of what this caller may not see
    shape = {
        "name": row.name,
        "version": str(row.number),
        "creation_timestamp": _ms(row.created_at),
        "last_updated_timestamp": _ms(row.updated_at),
        "current_stage": row.stage,
        "description": row.description,
        "source": source,
        "run_id": run_id,
        "status": "READY",
        "run_link": row.run_link,
    }
    if tags:
        shape["tags"] = _tags(tags)
    if row.aliases:
        shape["aliases"] = row.aliases
    return shape


def _tags(tags: dict[str, str]) -> list[Shape]:
    return [{"key": key, "value": value} for key, value in tags.items()]


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)

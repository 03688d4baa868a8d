"""Reads what MLflow's answers are made of: one statement for models, one for versions.

These are the routes that clients ask before nearly every change, so they are written as SQL: each
answer costs two or three statements, whatever it holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from projects.models import User
from projects.models.reading import read_rows
from projects.roles import Visibility
from projects.scoping import sees_everything
from registry.mlflow.caller import Caller
from registry.models.visibility import open_sql, rights_of

# What a version derives from, as [name, kind, note], as far as the caller may see it; and the
# aliases that point to it.
_VERSIONS = """
SELECT version.id, version.model_id, version.number, version.source, version.run_id,
    version.run_link, version.description, version.tags, version.stage, version.created_at,
    version.updated_at, CASE WHEN model.group_id = %s THEN model.name ELSE model.qualified END,
    ARRAY(SELECT alias.name FROM registry_alias alias WHERE alias.version_id = version.id
        ORDER BY alias.name COLLATE "C"),
    (SELECT jsonb_agg(jsonb_build_array(
            CASE WHEN edge.literal <> '' THEN edge.literal
                WHEN above.group_id = %s THEN above.name ELSE above.qualified END,
            edge.kind, edge.note) ORDER BY edge.created_at, edge.id)
        FROM registry_derivation edge
        LEFT JOIN registry_version parent ON parent.id = edge.parent_id
        LEFT JOIN registry_model above ON above.id = parent.model_id
        WHERE edge.child_id = version.id AND (edge.parent_id IS NULL OR {opened}))
FROM ({chosen}) chosen
JOIN registry_version version ON version.id = chosen.id
JOIN registry_model model ON model.id = version.model_id
ORDER BY chosen.place
"""
_MODELS = """
SELECT model.id, CASE WHEN model.group_id = %s THEN model.name ELSE model.qualified END,
    model.description, model.tags, model.created_at, model.updated_at,
    (SELECT slug FROM projects_project project WHERE project.id = model.project_id
        AND (project.id = ANY(%s) OR project.visibility = ANY(%s))),
    (SELECT jsonb_agg(
            jsonb_build_array(alias.name, version.number) ORDER BY alias.name COLLATE "C")
        FROM registry_alias alias JOIN registry_version version ON version.id = alias.version_id
        WHERE alias.model_id = model.id)
FROM ({chosen}) chosen JOIN registry_model model ON model.id = chosen.id
ORDER BY chosen.place
"""
# The highest living version of each stage, in the order of each stage's lowest.
NEWEST = """
SELECT id, first AS place FROM (
    SELECT DISTINCT ON (model_id, stage) id,
        min(number) OVER (PARTITION BY model_id, stage) AS first
    FROM registry_version
    WHERE model_id = ANY(%s) AND number IS NOT NULL AND withdrawn_at IS NULL AND stage = ANY(%s)
    ORDER BY model_id, stage, number DESC
) newest
"""
# All models by name: the home group by bare names, and what sorts before and after its qualified
# ones, each along an index. It is what clients list when they ask for nothing in particular.
_BY_NAME = """
SELECT id, shown AS place FROM (
    (SELECT model.id, model.name AS shown FROM registry_model model
        WHERE model.group_id = %s AND model.name > %s AND {present} ORDER BY model.name LIMIT %s)
    UNION ALL
    (SELECT model.id, model.qualified FROM registry_model model
        WHERE model.qualified > %s AND model.qualified < %s AND {present} AND {opened}
        ORDER BY model.qualified LIMIT %s)
    UNION ALL
    (SELECT model.id, model.qualified FROM registry_model model
        WHERE model.qualified > %s AND model.qualified >= %s AND {present} AND {opened}
        ORDER BY model.qualified LIMIT %s)
) found ORDER BY shown LIMIT %s
"""
_PRESENT = (
    "model.state <> 'withdrawn' AND NOT model.tags @> '{\"mlflow.prompt.is_prompt\": \"true\"}'"
)
ONE = "SELECT ({id}) AS id, 0 AS place"
LISTED = "SELECT id, place FROM unnest(%s::uuid[]) WITH ORDINALITY AS listed(id, place)"


class ModelRow(NamedTuple):
    """A model as an answer needs it."""

    id: UUID
    name: str
    description: str
    tags: dict[str, str]
    created_at: Any
    updated_at: Any
    project: str | None
    aliases: list[tuple[str, int]] | None


class VersionRow(NamedTuple):
    """A version as an answer needs it; `edges` as (name, kind, note)."""

    id: UUID
    model: UUID
    number: int
    source: str
    run_id: str
    run_link: str
    description: str
    tags: dict[str, str]
    stage: str
    created_at: Any
    updated_at: Any
    name: str
    aliases: list[str]
    edges: list[tuple[str, str, str]] | None


def read_models(caller: Caller, chosen: str, params: Sequence[Any]) -> list[ModelRow]:
    """Models whose id and place `chosen` selects; the caller sees to it that they are visible."""
    rights = _project_rights(caller.user)
    rows = read_rows(_MODELS.format(chosen=chosen), [caller.home, *rights, *params])
    return [ModelRow._make([*row[:3], _json(row[3]), *row[4:7], _json(row[7])]) for row in rows]


def read_by_name(caller: Caller, prefix: str, after: str, most: int) -> list[ModelRow]:
    """Models whose names sort after one, so many at the most; for a caller with a home group."""
    opened, rights = open_sql(caller.user, "model")
    statement = _BY_NAME.format(present=_PRESENT, opened=opened)
    params = [
        *(caller.home, after, most),
        *(after, prefix, *rights, most),
        *(after, f"{prefix[:-1]}/", *rights, most),
        most,
    ]
    return read_models(caller, statement, params)


def read_versions(caller: Caller, chosen: str, params: Sequence[Any]) -> list[VersionRow]:
    """Versions whose id and place `chosen` selects; the same holds."""
    opened, rights = open_sql(caller.user, "above")
    statement = _VERSIONS.format(chosen=chosen, opened=opened)
    rows = read_rows(statement, [caller.home, caller.home, *rights, *params])
    return [
        VersionRow._make([*row[:7], _json(row[7]), *row[8:13], _json(row[13])]) for row in rows
    ]


def _project_rights(person: User) -> list[Any]:
    """Own projects, and the visibilities that open others to the person."""
    if sees_everything(person):
        return [[], list(Visibility)]
    _groups, opened, projects = rights_of(person)
    return [projects, opened]


def _json(text: str | None) -> Any:
    """Django leaves jsonb as text in statements of our own."""
    return None if text is None else orjson.loads(text)

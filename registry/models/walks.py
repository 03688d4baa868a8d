"""Walking the derivations in the database, through versions that a person may see only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from projects.models.reading import read_rows
from registry.lineage import Edge, Graph, Node, depths, nearest_common_ancestors
from registry.models.visibility import open_sql
from registry.vocabulary import ENDED_STATES

if TYPE_CHECKING:
    from projects.scoping import Person

MOST = 10_000  # edges read at once; an answer says when there are more
MOST_DEPTH = 10_000
UP = ("child_id", "parent_id")
DOWN = ("parent_id", "child_id")

# Each step looks at an index on (child, parent) or (parent, child). Without a limit of depth a
# node is visited once; with one, once for each depth it is reached at, so that is kept small.
_WALK = """
WITH RECURSIVE reach(id{depth_name}) AS (
    SELECT unnest(%s::uuid[]){depth_zero}
    UNION
    SELECT edge.{far}{depth_next} FROM reach
    JOIN registry_derivation edge ON edge.{near} = reach.id
    JOIN registry_version version ON version.id = edge.{far}
    JOIN registry_model model ON model.id = version.model_id
    WHERE {seen}{depth_ends}
)
SELECT edge.id, edge.child_id, edge.parent_id, edge.kind, edge.evidence,
    edge.is_inferred, edge.literal, version.number, version.withdrawn_at IS NOT NULL,
    model.id, model.name, model.state, partner.slug || '.' || team.slug, model.licence,
    edge.created_at, {shown}
FROM {reached} reach JOIN registry_derivation edge ON edge.{near} = reach.id
LEFT JOIN registry_version version ON version.id = edge.{far}
LEFT JOIN registry_model model ON model.id = version.model_id
LEFT JOIN projects_group team ON team.id = model.group_id
LEFT JOIN projects_partner partner ON partner.id = team.partner_id
WHERE (edge.parent_id IS NULL OR {seen}){depth_last}
{nearest}LIMIT %s
"""

_RELATED = """
WITH RECURSIVE above(root, id) AS (
    SELECT model_id, id FROM registry_version WHERE model_id IN (%s, %s)
    UNION
    SELECT above.root, edge.parent_id FROM above
    JOIN registry_derivation edge ON edge.child_id = above.id WHERE edge.parent_id IS NOT NULL
)
SELECT EXISTS (
    SELECT 1 FROM above JOIN registry_version version ON version.id = above.id
    WHERE version.model_id <> above.root AND version.model_id IN (%s, %s)
)
"""


def ancestors(person: Person, root: UUID, *, depth: int | None = None, most: int = MOST) -> Graph:
    """What a version derives from: visible versions, written names, and hidden ones that agreed.

    A hidden parent whose group did not agree ends the walk there and leaves no trace.
    """
    return _walk(person, [root], UP, depth, most)


def descendants(
    person: Person, root: UUID, *roots: UUID, depth: int | None = None, most: int = MOST
) -> Graph:
    """What derives from a version or from any of several, through visible versions only."""
    return _walk(person, [root, *roots], DOWN, depth, most)


@dataclass(frozen=True, slots=True)
class Shared:
    """The nearest ancestors that two versions share, with both distances in edges."""

    nodes: list[tuple[Node, int, int]]
    is_partial: bool  # there are ancestors that were not read


def common_lineage(
    person: Person, a: UUID, b: UUID, *, most: int = 12, above: int = MOST
) -> Shared:
    """What both derive from, as far as it is visible and among the nearest `above` edges."""
    ours, theirs = (ancestors(person, one, most=above) for one in (a, b))
    both = dict(ours.parents())
    for child, parents in theirs.parents().items():
        both.setdefault(child, parents)
    known = {**ours.nodes, **theirs.nodes}
    found = [
        (known[key], near, far)
        for key, near, far in nearest_common_ancestors(str(a), str(b), both)
        if key in known and not known[key].is_hidden
    ]
    return Shared(found[:most], ours.is_truncated or theirs.is_truncated)


def are_related(a: UUID, b: UUID) -> bool:
    """Whether a version of one model descends from one of the other; for decisions alone."""
    return bool(read_rows(_RELATED, [a, b, b, a])[0][0])


def _walk(
    person: Person,
    roots: list[UUID],
    direction: tuple[str, str],
    depth: int | None,
    most: int,
) -> Graph:
    near, far = direction
    shown, shown_params = open_sql(person, "model")
    seen = f"({shown} OR model.shows_as_ancestor)" if direction is UP else shown
    seen_params = shown_params
    limited = depth is not None
    statement = _WALK.format(
        near=near,
        far=far,
        seen=seen,
        shown=shown,
        # Each node once, and what is near before what is far if there is more than is read: an
        # edge more than that needs no more nodes than so many and the roots.
        reached="(SELECT id, min(depth) AS depth FROM reach GROUP BY id ORDER BY 2 LIMIT %s)"
        if limited
        else "",
        nearest="ORDER BY reach.depth\n" if limited else "",
        depth_name=", depth" if limited else "",
        depth_zero=", 0" if limited else "",
        depth_next=", reach.depth + 1" if limited else "",
        depth_ends=" AND reach.depth + 1 < %s" if limited else "",
        depth_last=" AND reach.depth < %s" if limited else "",
    )
    ends: list[Any] = [depth] if limited else []
    nodes = [most + 1 + len(roots)] if limited else []
    params = [roots, *seen_params, *ends, *shown_params, *nodes, *seen_params, *ends, most + 1]
    rows = read_rows(statement, params)
    keys = [str(root) for root in roots]
    return _graph(keys, rows[:most], direction, is_truncated=len(rows) > most)


def _graph(
    roots: list[str],
    rows: Sequence[tuple[Any, ...]],
    direction: tuple[str, str],
    *,
    is_truncated: bool,
) -> Graph:
    """The rows as edges, oldest first, and nodes, nearest first.

    What is hidden gets a number that only this answer knows.
    """
    rows = sorted(rows, key=lambda row: (row[14], row[0]))
    names = _names(rows, direction)
    graph = Graph(roots[0], is_truncated=is_truncated)
    graph.edges = [_edge(row, names) for row in rows]
    far = depths(roots[0], graph.parents() if direction is UP else graph.children(), *roots)
    for row, edge in zip(rows, graph.edges, strict=True):
        key = edge.parent if direction is UP else edge.child
        graph.nodes[key] = _node(row, key, far.get(key, 0))
    graph.nodes = dict(sorted(graph.nodes.items(), key=lambda item: item[1].depth))
    return graph


def _names(rows: Sequence[tuple[Any, ...]], direction: tuple[str, str]) -> dict[UUID, str]:
    """Hidden version → what it is called in this answer."""
    hidden = [row[2] for row in rows if row[2] is not None and not row[-1]]
    if direction is DOWN:
        return {}
    return {key: f"hidden:{n}" for n, key in enumerate(dict.fromkeys(hidden), start=1)}


def _edge(row: tuple[Any, ...], names: dict[UUID, str]) -> Edge:
    key, child, parent, kind, evidence, is_inferred = row[:6]
    below = names.get(child, str(child))
    above = f"literal:{key}" if parent is None else names.get(parent, str(parent))
    is_hidden = child in names or parent in names
    return Edge("" if is_hidden else str(key), below, above, kind, evidence, is_inferred)


def _node(row: tuple[Any, ...], key: str, depth: int) -> Node:
    literal, number, is_withdrawn, model, name, state, owner, licence = row[6:14]
    if key.startswith("literal:"):
        return Node(key, name=literal, depth=depth, is_literal=True)
    if key.startswith("hidden:"):
        return Node(key, depth=depth, is_hidden=True)
    return Node(
        id=key,
        model=str(model),
        name=name,
        number=number,
        state=state,
        owner=owner,
        licence=licence,
        depth=depth,
        is_withdrawn=is_withdrawn or state in ENDED_STATES,
    )

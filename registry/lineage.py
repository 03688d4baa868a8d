"""Questions about a graph of versions that was already read: no database, no person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Node:
    """A version as far as the reader may know it; one that is hidden has only its id."""

    id: str
    model: str = ""
    name: str = ""
    number: int | None = None
    state: str = ""
    owner: str = ""
    licence: str = ""
    depth: int = 0
    is_hidden: bool = False
    is_literal: bool = False
    is_withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """From a child to its parent."""

    id: str
    child: str
    parent: str
    kind: str
    evidence: str
    is_inferred: bool = False


@dataclass(slots=True)
class Graph:
    """Nodes by id and the edges between them; `is_truncated` if there is more than was read."""

    root: str
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    is_truncated: bool = False

    def parents(self) -> dict[str, list[str]]:
        """Node → those it derives from."""
        return _grouped((edge.child, edge.parent) for edge in self.edges)

    def children(self) -> dict[str, list[str]]:
        """Node → those that derive from it."""
        return _grouped((edge.parent, edge.child) for edge in self.edges)


def depths(root: str, following: Mapping[str, list[str]], *roots: str) -> dict[str, int]:
    """How many edges each node lies from the nearest root, by the shortest way."""
    found = dict.fromkeys((root, *roots), 0)
    row = list(found)
    while row:
        following_row = []
        for here in row:
            for node in following.get(here, ()):
                if node not in found:
                    found[node] = found[here] + 1
                    following_row.append(node)
        row = following_row
    return found


def nearest_common_ancestors(
    a: str, b: str, parents: Mapping[str, list[str]]
) -> list[tuple[str, int, int]]:
    """The common ancestors that no other common ancestor descends from, with both distances.

    A node counts as its own ancestor, so that of a parent and its child the parent is named.
    """
    up_a, up_b = depths(a, parents), depths(b, parents)
    common = set(up_a) & set(up_b)
    # What lies above a common ancestor is common, too: its own parents are all that need a look.
    above = {parent for node in common for parent in parents.get(node, ())}
    nearest = sorted(common - above, key=lambda node: (up_a[node] + up_b[node], node))
    return [(node, up_a[node], up_b[node]) for node in nearest]


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found

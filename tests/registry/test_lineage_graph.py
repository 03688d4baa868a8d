"""Questions about a graph in memory: distances and nearest common ancestors, by brute force."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from registry.lineage import Edge, Graph, depths, nearest_common_ancestors

# Edges from a node to one of a smaller number: no circle.
EDGES = st.sets(
    st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda edge: edge[0] > edge[1]),
    max_size=25,
)


def _parents(edges: set[tuple[int, int]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for child, parent in sorted(edges):
        found.setdefault(str(child), []).append(str(parent))
    return found


def _distance(edges: set[tuple[int, int]], child: int, parent: int) -> int | None:
    """The shortest way by trying every number of steps."""
    reached = {child}
    for steps in range(11):
        if parent in reached:
            return steps
        reached = {up for here, up in edges if here in reached}
    return None


@given(edges=EDGES, root=st.integers(0, 9))
def test_a_depth_is_the_shortest_way(edges: set[tuple[int, int]], root: int) -> None:
    wanted = {str(n): _distance(edges, root, n) for n in range(10)}

    found = depths(str(root), _parents(edges))

    assert found == {node: steps for node, steps in wanted.items() if steps is not None}


@given(edges=EDGES, roots=st.sets(st.integers(0, 9), min_size=1))
def test_from_several_roots_the_nearest_counts(
    edges: set[tuple[int, int]], roots: set[int]
) -> None:
    found = depths(str(min(roots)), _parents(edges), *map(str, roots))

    for node in range(10):
        ways = [way for root in roots if (way := _distance(edges, root, node)) is not None]
        assert found.get(str(node)) == (min(ways) if ways else None)


@given(edges=EDGES, a=st.integers(0, 9), b=st.integers(0, 9))
def test_nearest_are_the_common_ancestors_that_no_other_descends_from(
    edges: set[tuple[int, int]], a: int, b: int
) -> None:
    common = [
        n for n in range(10)
        if _distance(edges, a, n) is not None and _distance(edges, b, n) is not None
    ]  # fmt: skip
    nearest = {
        n for n in common
        if not any(other != n and _distance(edges, other, n) is not None for other in common)
    }  # fmt: skip

    found = nearest_common_ancestors(str(a), str(b), _parents(edges))

    assert {node for node, _near, _far in found} == {str(n) for n in nearest}
    for node, near, far in found:
        assert (near, far) == (_distance(edges, a, int(node)), _distance(edges, b, int(node)))


@given(edges=EDGES, a=st.integers(0, 9), b=st.integers(0, 9))
def test_the_order_of_the_two_does_not_matter(edges: set[tuple[int, int]], a: int, b: int) -> None:
    ours = nearest_common_ancestors(str(a), str(b), _parents(edges))
    theirs = nearest_common_ancestors(str(b), str(a), _parents(edges))

    assert ours == [(node, far, near) for node, near, far in theirs]


def test_a_node_is_its_own_nearest_common_ancestor() -> None:
    assert nearest_common_ancestors("a", "a", {"a": ["b"]}) == [("a", 0, 0)]


def test_two_without_relation_have_none() -> None:
    assert nearest_common_ancestors("a", "b", {}) == []


def test_a_graph_knows_its_edges_from_both_ends() -> None:
    graph = Graph("a")
    graph.edges = [
        Edge("", child, parent, "merge", "declared") for child, parent in product("ab", "cd")
    ]

    assert graph.parents() == {"a": ["c", "d"], "b": ["c", "d"]}
    assert graph.children() == {"c": ["a", "b"], "d": ["a", "b"]}


def test_of_two_children_of_a_very_long_chain_the_nearest_is_its_end() -> None:
    parents = {str(n): [str(n + 1)] for n in range(10_000)} | {"a": ["0"], "b": ["0"]}
    assert nearest_common_ancestors("a", "b", parents) == [("0", 1, 1)]

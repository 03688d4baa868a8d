"""The lineage of a model: a drawing of its neighbourhood and the same as a tree of rows."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from projects.pages import SignedIn
from registry.access import get_model
from registry.lineage import Graph, Node
from registry.models import Model
from registry.models.labels import EVIDENCE_LABELS, PARENT_KIND_LABELS, STATE_LABELS
from registry.models.walks import ancestors, descendants
from registry.vocabulary import ParentKind

DRAWN = 300  # nodes; more is neither read nor laid out quickly
FIRST_DEPTH = 3
STEP = 1


@login_required
def lineage_page(request: SignedIn, key: str) -> HttpResponse:
    """Where it comes from, and what depends on it."""
    model = get_model(request.user, key)
    up, down = _walks(request, model, FIRST_DEPTH)
    context = {
        "model": model,
        "drawing": _drawing(model, up, down),
        "above": _rows(up, is_up=True),
        "below": _rows(down, is_up=False),
        "is_truncated": up.is_truncated or down.is_truncated,
        "kinds": PARENT_KIND_LABELS,
        "states": STATE_LABELS,
        "evidence": EVIDENCE_LABELS,
        "depth": FIRST_DEPTH,
        "owners": sorted({node.owner for node in down.nodes.values() if node.owner}),
    }
    return render(request, "registry/lineage.html", context)


@login_required
def lineage_data(request: SignedIn, key: str) -> JsonResponse:
    """One step around a model, for the drawing when somebody opens a node."""
    model = get_model(request.user, key)
    up, down = _walks(request, model, STEP)
    return JsonResponse(_drawing(model, up, down))


def _walks(request: SignedIn, model: Model, depth: int) -> tuple[Graph, Graph]:
    root = model.newest_version().pk
    half = (DRAWN - 1) // 2  # the model itself is drawn, too
    return (
        ancestors(request.user, root, depth=depth, most=half),
        descendants(request.user, root, depth=depth, most=half),
    )


def _drawing(model: Model, up: Graph, down: Graph) -> dict[str, Any]:
    """Nodes and edges for the browser; a parent stands above its children."""
    states = {value: str(label) for value, label in STATE_LABELS}
    kinds = {value: str(label) for value, label in PARENT_KIND_LABELS}
    version = model.newest_version()
    owner = f"{model.group.partner.slug}.{model.group.slug}"
    root = Node(
        up.root, str(model.pk), model.name, version.number, model.state, owner, model.licence
    )
    # What was cut off may have been the way to a node; one that no way leads to has no depth.
    near = {key: node for key, node in {**up.nodes, **down.nodes}.items() if node.depth}
    nodes = {**near, root.id: root}
    edges = {
        (edge.child, edge.parent, edge.kind): edge
        for edge in (*up.edges, *down.edges)
        if edge.child in nodes and edge.parent in nodes
    }
    return {
        "root": root.id,
        "nodes": [
            {
                "id": node.id,
                "name": _("non-public ancestor") if node.is_hidden else node.name,
                "state": states.get(node.state, ""),
                "look": _look(node, root),
                "owner": node.owner,
                "page": reverse("model", args=[node.model]) if node.model else "",
                "more": reverse("model-lineage-data", args=[node.model]) if node.model else "",
            }
            for node in nodes.values()
        ],
        "edges": [
            {
                "id": f"{edge.child}-{edge.parent}-{edge.kind}",
                "child": edge.child,
                "parent": edge.parent,
                "kind": edge.kind,
                "label": kinds.get(edge.kind, edge.kind),
                "is_unsure": edge.kind == ParentKind.UNKNOWN or edge.is_inferred,
            }
            for edge in edges.values()
        ],
    }


def _look(node: Node, root: Node) -> str:
    if node.id == root.id:
        return "root"
    if node.is_hidden or node.is_literal:
        return "unknown"
    return "ended" if node.is_withdrawn else node.state


def _rows(graph: Graph, *, is_up: bool) -> list[dict[str, Any]]:
    """The graph as a tree, each node once where it is reached first, with its depth."""
    edges = {(edge.child, edge.parent): edge for edge in graph.edges}
    following = graph.parents() if is_up else graph.children()
    rows: list[dict[str, Any]] = []
    seen = {graph.root}
    stack = [(node, graph.root, 1) for node in reversed(following.get(graph.root, ()))]
    while stack:
        here, before, depth = stack.pop()
        if here in seen:
            continue
        seen.add(here)
        pair = (before, here) if is_up else (here, before)
        rows.append({"node": graph.nodes[here], "edge": edges[pair], "depth": min(depth, 8)})
        stack += [(node, here, depth + 1) for node in reversed(following.get(here, ()))]
    return rows

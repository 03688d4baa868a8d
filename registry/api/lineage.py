"""JSON: where a model comes from, what depends on it, and what follows from that."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from projects.errors import Invalid
from registry import access
from registry.lineage import Edge, Graph, Node, nearest_common_ancestors
from registry.models import Version
from registry.models.assessments import ai_act_of, licence_flow_of, lineage_of
from registry.models.walks import MOST_DEPTH, ancestors, descendants
from registry.serializers import lineage as shapes

WALKS = {"ancestors": ancestors, "descendants": descendants}
HIDDEN = "non-public ancestor"


class LineageCalls:
    """Mixed into the resource of models."""

    @extend_schema(
        parameters=[
            OpenApiParameter("direction", str, enum=sorted(WALKS), default="ancestors"),
            OpenApiParameter("depth", int, description="At most so many edges away."),
        ],
        responses=shapes.LineageOut,
    )
    @action(detail=True, methods=["get"])
    def lineage(self, request: Request, pk: str) -> Response:
        """Ancestors or descendants of a model's newest version, as far as the caller may see."""
        user = request.user
        direction = request.query_params.get("direction", "ancestors")
        if direction not in WALKS:
            sentence = _("The direction is ancestors or descendants.")
            raise Invalid(sentence, fields={"direction": [sentence]})
        root = access.get_newest(user, pk)
        graph = WALKS[direction](user, root, depth=_depth(request))
        return Response(as_json(graph, direction))

    @extend_schema(responses=shapes.LineageOut)
    @action(detail=True, methods=["get"])
    def affected(self, request: Request, pk: str) -> Response:
        """Who is affected if this model is withdrawn: all that derives from any version of it."""
        root = access.get_newest(request.user, pk)
        rows = Version.objects.filter(model__versions=root).exclude(pk=root)
        own = rows.values_list("pk", flat=True)
        graph = descendants(request.user, root, *own)
        mine = {graph.root, *map(str, own)}  # the model's versions are not affected by themselves
        graph.nodes = {key: node for key, node in graph.nodes.items() if key not in mine}
        graph.edges = [edge for edge in graph.edges if edge.child not in mine]
        return Response(as_json(graph, "descendants"))

    @extend_schema(
        parameters=[OpenApiParameter("with", UUID, required=True, description="Another model.")],
        responses=shapes.CommonOut(many=True),
        filters=False,
    )
    @action(detail=True, methods=["get"], url_path="common-ancestors", pagination_class=None)
    def common_ancestors(self, request: Request, pk: str) -> Response:
        """The nearest models that both this one and another derive from."""
        user = request.user
        other = request.query_params.get("with", "")
        if not other:
            sentence = _("Name the other model: ?with=ID.")
            raise Invalid(sentence, fields={"with": [sentence]})
        a, b = access.get_newest(user, pk), access.get_newest(user, other)
        ours, theirs = ancestors(user, a), ancestors(user, b)
        # A hidden node's number means something in its own answer only.
        both = ours.parents() | {
            _apart(child): [_apart(parent) for parent in parents]
            for child, parents in theirs.parents().items()
        }
        known = {**ours.nodes, **theirs.nodes}
        found = [
            {"node": _node(known[node]), "distance": near, "distance_of_other": far}
            for node, near, far in nearest_common_ancestors(str(a), str(b), both)
            if node in known and not known[node].is_hidden
        ]
        return Response(found)

    @extend_schema(responses=shapes.ComputeOut)
    @action(detail=True, methods=["get"])
    def compute(self, request: Request, pk: str) -> Response:
        """GPU-hours and energy of a model and all above it, each once."""
        lineage = lineage_of(access.get_model(request.user, pk), request.user)
        return Response(shapes.ComputeOut(lineage).data)

    @extend_schema(responses=shapes.AiActOut)
    @action(detail=True, methods=["get"], url_path="ai-act")
    def ai_act(self, request: Request, pk: str) -> Response:
        """The AI Act's compute thresholds with their arithmetic; no legal advice."""
        model = access.get_model(request.user, pk)
        owner = f"{model.group.partner.slug}.{model.group.slug}"
        found = ai_act_of(model, lineage_of(model, request.user), owner)
        return Response(shapes.AiActOut(found).data)

    @extend_schema(responses=shapes.LicenceFlowOut)
    @action(detail=True, methods=["get"], url_path="licence-flow")
    def licence_flow(self, request: Request, pk: str) -> Response:
        """Duties that ancestors' licences pass down and this model's licence does not keep."""
        model = access.get_model(request.user, pk)
        graph = ancestors(request.user, model.newest_version().pk)
        return Response(shapes.LicenceFlowOut(licence_flow_of(model, graph)).data)


def _apart(node: str) -> str:
    return f"other {node}" if node.startswith("hidden:") else node


def as_json(graph: Graph, direction: str) -> dict[str, Any]:
    """A graph in the shape of LineageOut."""
    return {
        "root": graph.root,
        "direction": direction,
        "nodes": [_node(node) for node in graph.nodes.values()],
        "edges": [_edge(edge) for edge in graph.edges],
        "truncated": graph.is_truncated,
    }


def _node(node: Node) -> dict[str, Any]:
    return {
        "id": node.id,
        "model": node.model,
        "name": HIDDEN if node.is_hidden else node.name,
        "number": node.number,
        "state": node.state,
        "owner": node.owner,
        "licence": node.licence,
        "depth": node.depth,
        "is_withdrawn": node.is_withdrawn,
    }


def _edge(edge: Edge) -> dict[str, Any]:
    return {
        "child": edge.child,
        "parent": edge.parent,
        "kind": edge.kind,
        "evidence": edge.evidence,
        "is_inferred": edge.is_inferred,
    }


def _depth(request: Request) -> int | None:
    text = request.query_params.get("depth", "")
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= MOST_DEPTH:
        sentence = _("The depth is a whole number from 1 to 10,000.")
        raise Invalid(sentence, fields={"depth": [sentence]})
    return int(text)

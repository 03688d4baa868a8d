"""JSON: derivations."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from projects.resources import Resource
from projects.roles import Verb
from registry import access
from registry.actions.lineage import change_kind, link_parent, unlink_parent
from registry.api.parents import parent_of
from registry.models import Derivation
from registry.serializers import lineage as shapes


class DerivationResource(Resource):
    shape = shapes.DerivationOut
    queryset = Derivation.objects.none()
    filterset_fields = ("child", "parent", "kind", "evidence")

    def get_queryset(self) -> QuerySet[Derivation]:
        rows = Derivation.objects.visible_to(self.request.user)
        return rows.select_related("child__fingerprint", "parent__fingerprint")

    def get_object(self) -> Derivation:
        return access.get_derivation(self.request.user, self.kwargs["pk"])

    @extend_schema(request=shapes.DerivationIn, responses={201: shapes.DerivationOut})
    def create(self, request: Request) -> Response:
        """Say what a version derives from; a circle is refused."""
        user: Any = request.user
        body = self.body(shapes.DerivationIn)
        child = access.get_version(user, body.pop("child"), Verb.EDIT_MODEL)
        edge = link_parent(by=user, child=child, parent=parent_of(user, body), now=timezone.now())
        return self.created(edge)

    @extend_schema(request=shapes.DerivationChange, responses=shapes.DerivationOut)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Say how it derives."""
        user: Any = request.user
        edge = access.get_derivation(user, pk, Verb.EDIT_MODEL)
        kind = self.body(shapes.DerivationChange)["kind"]
        return self.shown(change_kind(by=user, edge=edge, kind=kind, now=timezone.now()))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Take a derivation back; the log keeps that it was there."""
        user: Any = request.user
        edge = access.get_derivation(user, pk, Verb.EDIT_MODEL)
        unlink_parent(by=user, edge=edge, now=timezone.now())
        return Response(status=204)

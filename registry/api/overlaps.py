"""JSON: similar efforts."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from projects.resources import Resource, Rows
from registry import access
from registry.actions.readings import note_reading
from registry.detect import look_around
from registry.models import Overlap
from registry.models.overlaps import sees_confidential
from registry.serializers import overlaps as shapes


class OverlapCalls:
    """Mixed into the resource of models."""

    @extend_schema(responses=shapes.NeighboursOut, filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def overlaps(self, request: Request, pk: str) -> Response:
        """The efforts most like this one among those that the caller may see, compared now."""
        user: Any = request.user
        rows = look_around(access.get_candidate(user, pk), user, now=timezone.now())
        address = request.build_absolute_uri(reverse("api-models-list"))
        efforts = shapes.effort_rows([row.key for row in rows], address)
        language = shapes.reading_language()
        found = [shapes.neighbour_row(row, efforts, language) for row in rows]
        return Response({"results": found, "note": said_to_all()})


def said_to_all() -> str:
    """The sentence that stands with every comparison, whatever was found."""
    return _("Also compared with confidential plans; CESAI writes to you if it matters.")


class OverlapResource(Resource):
    """Stored pairs: by probability × stake for coordinators, own pairs for groups."""

    shape = shapes.OverlapOut
    queryset = Overlap.objects.none()
    filterset_fields = {
        "kind": ["exact"],
        "is_settled": ["exact"],
        "is_live": ["exact"],
        "probability": ["gte"],
    }

    @property
    def ordering(self) -> tuple[str, ...]:  # type: ignore[override]
        """By what is at stake for those who decide; others do not learn what others ask for."""
        if sees_confidential(self.request.user):
            return ("-urgency", "-probability", "id")
        return ("-probability", "id")

    def get_queryset(self) -> QuerySet[Overlap]:
        rows = Overlap.objects.visible_to(self.request.user)
        return rows.select_related("a__group__partner", "b__group__partner")

    def get_object(self) -> Overlap:
        return access.get_overlap(self.request.user, self.kwargs["pk"])

    def told(self, rows: Rows) -> Rows:
        return [self._shape(row) for row in rows]

    @extend_schema(responses=shapes.OverlapOut)
    def retrieve(self, request: Request, pk: str) -> Response:
        """One pair with its reasons."""
        user: Any = request.user
        row = self.get_object()
        if row.is_confidential:
            note_reading(by=user, about=row, now=timezone.now())
        return Response(self._shape(row))

    def _shape(self, row: Overlap) -> Any:
        with_stake = sees_confidential(self.request.user)
        body = shapes.scored(row, with_stake=with_stake)
        return shapes.OverlapOut(body, context=self.get_serializer_context()).data

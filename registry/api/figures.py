"""JSON: figures."""

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
from registry.actions.figures import record_figure
from registry.models import Figure
from registry.serializers import figures as shapes


class FigureResource(Resource):
    shape = shapes.FigureOut
    queryset = Figure.objects.none()
    ordering = ("-recorded_at", "-id")
    filterset_fields = ("model", "version", "kind", "stage", "source")

    def get_queryset(self) -> QuerySet[Figure]:
        return Figure.objects.visible_to(self.request.user)

    def get_object(self) -> Figure:
        return access.get_figure(self.request.user, self.kwargs["pk"])

    @extend_schema(request=shapes.FigureIn, responses={201: shapes.FigureOut})
    def create(self, request: Request) -> Response:
        """Declare a dated value; what was said before stays in the history."""
        user: Any = request.user
        body = self.body(shapes.FigureIn)
        if "version" in body:
            version = access.get_version(user, body.pop("version"), Verb.EDIT_MODEL)
            model = version.model
        else:
            version, model = None, access.get_model(user, body.pop("model"), Verb.EDIT_MODEL)
        figure = record_figure(by=user, model=model, version=version, now=timezone.now(), **body)
        return self.created(figure)

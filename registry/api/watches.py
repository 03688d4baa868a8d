"""JSON: watches."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from projects.resources import Resource
from registry import access
from registry.actions.watches import create_watch, delete_watch
from registry.models import Watch
from registry.serializers import overlaps as shapes


class WatchResource(Resource):
    shape = shapes.WatchOut
    queryset = Watch.objects.none()

    def get_queryset(self) -> QuerySet[Watch]:
        return Watch.objects.visible_to(self.request.user)

    def get_object(self) -> Watch:
        return access.get_watch(self.request.user, self.kwargs["pk"])

    @extend_schema(request=shapes.WatchIn, responses={201: shapes.WatchOut})
    def create(self, request: Request) -> Response:
        """Hear of every new plan that fits and that one may see."""
        user: Any = request.user
        values = self.body(shapes.WatchIn)
        return self.created(create_watch(by=user, values=values, now=timezone.now()))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Watch no longer."""
        delete_watch(watch=self.get_object())
        return Response(status=204)

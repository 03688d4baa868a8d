"""JSON: the calendar of calls."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request as HttpCall
from rest_framework.response import Response

from compute.actions.calls import drop_call, keep_call
from compute.models import Call
from compute.serializers import calls as shapes
from projects.access import fetch, require_portal
from projects.resources import Resource
from projects.roles import Verb


class CallResource(Resource):
    """Where GPU-hours can be asked for, and until when; coordinators keep it."""

    shape = shapes.CallOut
    queryset = Call.objects.none()
    ordering = ("-as_of", "-id")
    filterset_fields = {"board": ["exact"], "closes_on": ["gte", "lte", "isnull"]}

    def get_queryset(self) -> QuerySet[Call]:
        return Call.objects.visible_to(self.request.user)

    def get_object(self) -> Call:
        return fetch(self.get_queryset(), self.kwargs["pk"])

    @extend_schema(request=shapes.CallIn, responses={201: shapes.CallOut})
    def create(self, request: HttpCall) -> Response:
        user: Any = request.user
        require_portal(user, Verb.KEEP_CALLS)
        values = self.body(shapes.CallIn)
        return self.created(keep_call(by=user, now=timezone.now(), **values))

    @extend_schema(request=shapes.CallIn, responses=shapes.CallOut)
    def update(self, request: HttpCall, pk: str) -> Response:
        """Its facts as they are today."""
        user: Any = request.user
        call = self.get_object()
        require_portal(user, Verb.KEEP_CALLS)
        values = self.body(shapes.CallIn)
        return self.shown(keep_call(by=user, call=call, now=timezone.now(), **values))

    @extend_schema(responses={204: None})
    def destroy(self, request: HttpCall, pk: str) -> Response:
        """It was entered by mistake."""
        user: Any = request.user
        call = self.get_object()
        require_portal(user, Verb.KEEP_CALLS)
        drop_call(by=user, call=call, now=timezone.now())
        return Response(status=204)

"""JSON: what is one's own: tokens, notices, and the events that one may read."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from projects import access
from projects import serializers as shapes
from projects.actions import notices, tokens
from projects.api.caller import user_of
from projects.errors import NotThere
from projects.filters import NoticeFilters
from projects.models import AccessToken, Event, Notice, Seal
from projects.resources import Resource

AFTER = OpenApiParameter(
    "after",
    str,
    description="The feed: events that were sealed after the one with this id, the oldest first;"
    " empty: from the beginning. `next` is null once there are no more for now.",
)


class TokenResource(Resource):
    shape = shapes.TokenOut
    queryset = AccessToken.objects.none()
    ordering = ("-created", "digest")
    lookup_field = "id"

    def get_queryset(self) -> QuerySet[AccessToken]:
        return AccessToken.objects.filter(user=user_of(self.request)).select_related("user")

    def get_object(self) -> AccessToken:
        return access.get_token(self.request.user, self.kwargs["id"])

    @extend_schema(request=shapes.TokenIn, responses={201: shapes.TokenMade})
    def create(self, request: Request) -> Response:
        """Make a token; it is shown this once."""
        user = user_of(request)
        values = self.body(shapes.TokenIn)
        if values["group"]:
            values["group"] = access.get_group(user, values["group"])
        token, text = tokens.create_token(by=user, now=timezone.now(), **values)
        token.token = text  # type: ignore[attr-defined]
        return self.created(token, shape=shapes.TokenMade)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:
        """Revoke it: no call is taken with it any more."""
        user = user_of(request)
        tokens.revoke_token(by=user, token=access.get_token(user, id), now=timezone.now())
        return Response(status=204)


class EventResource(Resource):
    shape = shapes.EventOut
    queryset = Event.objects.none()
    ordering = ("-sequence",)
    lookup_field = "id"
    filterset_fields = ("object_id", "project", "kind")

    def get_queryset(self) -> QuerySet[Event]:
        return Event.objects.visible_to(self.request.user).select_related("actor")

    @extend_schema(parameters=[AFTER])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """The newest first; with `after` the feed: what was sealed since, the oldest first.

        Whoever asks again with the id of the last event they had misses none and gets none twice.
        """
        after = request.query_params.get("after")
        if after is None:
            return super().list(request, *args, **kwargs)
        narrowed: Any = self.filter_queryset(self.get_queryset())
        rows = narrowed.sealed_after(_place(after))
        if self.is_export:
            return self.exported(rows)
        pages: Any = self.paginator
        size = pages.get_page_size(request) or pages.page_size
        found = list(rows[: size + 1])
        following = None
        if len(found) > size:
            address = request.build_absolute_uri()
            following = replace_query_param(address, "after", str(found[size - 1].id))
        shown = self.shown(found[:size], many=True).data
        return Response({"next": following, "previous": None, "results": shown})

    def get_object(self) -> Event:
        key = access.as_uuid(self.kwargs["id"])
        event = self.get_queryset().filter(id=key).first() if key else None
        if event is None:
            raise NotThere
        return event


def _place(after: str) -> int:
    """The number of the seal of the event with that id; 0 for no id. Raises ValidationError.

    It may be one that the caller may not see any more: they had it, and go on from there.
    """
    if not after:
        return 0
    key = access.as_uuid(after)
    seals = Seal.objects.filter(event__id=key) if key else Seal.objects.none()
    number = seals.values_list("number", flat=True).first()
    if number is None:
        sentence = _("Name the id of the last event that you had, or nothing to begin.")
        raise ValidationError({"after": [sentence]})
    return number


class NoticeResource(Resource):
    shape = shapes.NoticeOut
    queryset = Notice.objects.none()
    ordering = ("-at", "-id")
    filterset_class = NoticeFilters

    def get_queryset(self) -> QuerySet[Notice]:
        return Notice.objects.visible_to(self.request.user)

    def get_object(self) -> Notice:
        return access.get_notice(self.request.user, self.kwargs["pk"])

    @extend_schema(request=shapes.Nothing, responses=shapes.NoticeOut)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str) -> Response:
        """You have read it."""
        self.body(shapes.Nothing)
        user = user_of(request)
        notice = access.get_notice(user, pk)
        notices.mark_read(user=user, notices=[notice.pk], now=timezone.now())
        return self.shown(access.get_notice(user, pk))

    @extend_schema(request=shapes.Nothing, responses=shapes.MarkedOut)
    @action(detail=False, methods=["post"], url_path="read-all")
    def read_all(self, request: Request) -> Response:
        """You have read them all."""
        self.body(shapes.Nothing)
        marked = notices.mark_read(user=user_of(request), notices=None, now=timezone.now())
        return self.shown({"marked": marked}, shape=shapes.MarkedOut)

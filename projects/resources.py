"""What the API's resources have in common: the one door in, one action, one shape out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Any, TypeVar, cast
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, StreamingHttpResponse
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers, status
from rest_framework.mixins import RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from projects.access import as_uuid
from projects.columns import plan_of
from projects.deprecation import Deprecation, deprecation_of
from projects.models.reading import planned_once
from projects.streams import STREAMS, Stream, streamed

Rows = list[Any]
MOST_NAMED = 100  # unknown fields of one body

# Rest Framework would take 1 and "yes" for true, "7" for 7, and 7 for "7".
JSON_TYPES: dict[type[serializers.Field[Any, Any, Any, Any]], type] = {
    serializers.CharField: str,
    serializers.IntegerField: int,
    serializers.BooleanField: bool,
}
S = TypeVar("S", bound=serializers.BaseSerializer[Any])


class Resource(RetrieveModelMixin, GenericViewSet[Any]):
    """A list and its members, read through `visible_to`; subclasses add what may be done.

    `lookup_value_regex` keeps slashes and dots out; what is no key is simply not there.
    """

    lookup_value_regex = "[^/.]+"
    ordering: tuple[str, ...] = ("-created_at", "-id")
    deprecation: Deprecation | None = None
    shape: type[serializers.BaseSerializer[Any]]

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        return self.shape

    def get_renderers(self) -> Rows:
        """JSON; and of a list the forms in which it is told whole."""
        made = super().get_renderers()
        return [*made, *(form() for form in STREAMS)] if self.action == "list" else made

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """With the announcement of what goes away; refusals have it, too."""
        answer: Any = super().finalize_response(request, response, *args, **kwargs)
        if announced := deprecation_of(self):
            for name, value in announced.headers.items():
                answer.headers.setdefault(name, value)
        return answer

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Raises ValidationError for a `format` that is none; the library would say 404."""
        try:
            return super().perform_content_negotiation(request, force)
        except Http404 as error:
            forms = ", ".join(str(form.format) for form in self.get_renderers())
            sentence = _("One of these: %(forms)s.") % {"forms": forms}
            raise serializers.ValidationError({"format": [sentence]}) from error

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """One of them: by its columns where these make up its shape, else by the door."""
        row = self._by_columns(as_uuid(self.kwargs[self.lookup_field]))
        return Response(row) if row else super().retrieve(request, *args, **kwargs)

    def _by_columns(self, key: UUID | None) -> Any:
        """The row with that key among those that a list would show; None leaves it to the door."""
        plan = plan_of(self.shape, cast(Any, self).queryset.model) if key else None
        if plan is None:
            return None
        rows: QuerySet[Any] = self.get_queryset().filter(**{self.lookup_field: key})
        with planned_once():
            found = list(rows.values(*plan.columns)[:1])
        return self.told(found)[0] if found else None

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """A page in JSON, or all of it as a stream."""
        if self.is_export:
            return self.exported(self.listed().order_by(*self.ordering))
        return self.get_paginated_response(self.told(self.page()))

    @property
    def is_export(self) -> bool:
        """Whether all rows are asked for in one answer."""
        return isinstance(self.request.accepted_renderer, Stream)

    def exported(self, rows: QuerySet[Any]) -> StreamingHttpResponse:
        """All rows in the form that is asked for."""
        form: Any = self.request.accepted_renderer
        name = str(self.basename).removeprefix("api-")
        return streamed(rows, self.told, self.shape(), form, name)

    def listed(self) -> QuerySet[Any]:
        """The rows that are asked for, by their columns where these make up their shape."""
        rows: QuerySet[Any] = self.filter_queryset(self.get_queryset())
        plan = plan_of(self.shape, rows.model)
        if plan is None:
            return rows
        keys = (key.lstrip("-") for key in self.ordering)
        chosen: QuerySet[Any] = rows.values(*dict.fromkeys([*plan.columns, *keys]))
        return chosen

    def page(self) -> Rows:
        """The rows of the page that is asked for."""
        return self.paginate_queryset(self.listed()) or []

    def told(self, rows: Rows) -> Rows:
        """Rows as a list shows them."""
        plan = plan_of(self.shape, cast(Any, self).queryset.model)
        if plan is None:
            shown: Rows = self.get_serializer(rows, many=True).data
            return shown
        return plan.rows(rows, self.request.build_absolute_uri("/").rstrip("/"))

    def body(
        self, shape: type[serializers.BaseSerializer[Any]], *, row: Any = None
    ) -> dict[str, Any]:
        """The call's body in its declared shape; of a row's change what is sent.

        Raises ValidationError naming the fields.
        """
        return checked(shape, self.request.data, row=row)

    def shown(
        self, row: Any, *, shape: Any = None, many: bool = False, code: int = status.HTTP_200_OK
    ) -> Response:
        """A row in its shape, or all of `many`."""
        chosen, context = shape or self.shape, self.get_serializer_context()
        return Response(chosen(row, many=many, context=context).data, status=code)

    def created(self, row: Any, *, shape: Any = None) -> Response:
        """A row that is new."""
        return self.shown(row, shape=shape, code=status.HTTP_201_CREATED)


def checked(
    shape: type[serializers.BaseSerializer[Any]], data: Any, *, row: Any = None
) -> dict[str, Any]:
    """Data in a declared shape, nothing dropped and nothing converted; of a row what is sent.

    Raises ValidationError naming the fields.
    """
    known: Any = shape(row, data=data, partial=row is not None)
    unknown = sorted(islice(_unknown(known, data), MOST_NAMED))
    if unknown:
        raise serializers.ValidationError({name: [_("Unknown field.")] for name in unknown})
    _tighten(known)
    known.is_valid(raise_exception=True)
    values: dict[str, Any] = known.validated_data
    return values


def _unknown(shape: Any, data: Any, path: str = "") -> Iterator[str]:
    """The places, such as `window.begin`, that the shape does not know: nothing is dropped."""
    if isinstance(shape, serializers.ListSerializer) and isinstance(data, list):
        for row in data:
            yield from _unknown(shape.child, row, path)
    elif isinstance(shape, serializers.Serializer) and isinstance(data, dict):
        for name, value in data.items():
            if name not in shape.fields:
                yield f"{path}{name}"
            else:
                yield from _unknown(shape.fields[name], value, f"{path}{name}.")


def _tighten(field: Any) -> None:
    """Let a field, and all in it, take values of its own JSON type alone."""
    if isinstance(field, serializers.Serializer):
        for part in field.fields.values():
            _tighten(part)
    elif child := getattr(field, "child", None):
        _tighten(child)
    for kind, json_type in JSON_TYPES.items():
        if isinstance(field, kind):
            tight: Any = field
            tight.to_internal_value = partial(_read, field, json_type, field.to_internal_value)


def _read(field: Any, json_type: type, read: Callable[[Any], Any], data: Any) -> Any:
    if type(data) is not json_type:
        field.fail("invalid", input=data)
    return read(data)

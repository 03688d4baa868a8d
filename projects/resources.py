"""What the API's resources have in common: the one door in, one action, one shape out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, TypeVar

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers, status
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

MOST_NAMED = 100  # unknown fields of one body

S = TypeVar("S", bound=serializers.BaseSerializer[Any])


class Resource(ListModelMixin, RetrieveModelMixin, GenericViewSet[Any]):
    """A list and its members, read through `visible_to`; subclasses add what may be done.

    `lookup_value_regex` keeps slashes and dots out; what is no key is simply not there.
    """

    lookup_value_regex = "[^/.]+"
    shape: type[serializers.BaseSerializer[Any]]

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        return self.shape

    def body(self, shape: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """The call's body in its declared shape. Raises ValidationError naming the fields."""
        known = shape(data=self.request.data)
        unknown = sorted(islice(_unknown(known, self.request.data), MOST_NAMED))
        if unknown:
            raise serializers.ValidationError({name: [_("Unknown field.")] for name in unknown})
        known.is_valid(raise_exception=True)
        values: dict[str, Any] = known.validated_data
        return values

    def shown(self, row: Any, *, shape: Any = None, code: int = status.HTTP_200_OK) -> Response:
        """A row in its shape."""
        chosen = shape or self.shape
        return Response(chosen(row, context=self.get_serializer_context()).data, status=code)

    def created(self, row: Any, *, shape: Any = None) -> Response:
        """A row that is new."""
        return self.shown(row, shape=shape, code=status.HTTP_201_CREATED)


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

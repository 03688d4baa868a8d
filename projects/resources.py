"""What the API's resources have in common: the one door in, one action, one shape out."""

from __future__ import annotations

from typing import Any, TypeVar

from rest_framework import serializers, status
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

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
        unknown = set(self.request.data) - set(known.fields)
        if unknown:
            raise serializers.ValidationError(
                {name: ["Unknown field."] for name in sorted(unknown)}
            )
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

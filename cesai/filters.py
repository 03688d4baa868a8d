"""List filters that know no table but the one being listed."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.db.models import (
    BooleanField,
    ForeignKey,
    IntegerField,
    OneToOneField,
    PositiveIntegerField,
    PositiveSmallIntegerField,
    SmallIntegerField,
    UUIDField,
)
from django_filters.filterset import FILTER_FOR_DBFIELD_DEFAULTS
from django_filters.rest_framework import DjangoFilterBackend, FilterSet

from projects.filters import KeyFilter, WholeNumberFilter, YesNoFilter

WHOLE = [IntegerField, PositiveIntegerField, PositiveSmallIntegerField, SmallIntegerField]


class PlainFilterSet(FilterSet):  # type: ignore[misc]
    """A reference is compared as it is.

    Looking it up first, as django-filter does, would answer 400 for what does not exist and
    an empty list for what the caller may not see.
    """

    FILTER_DEFAULTS = {
        **FILTER_FOR_DBFIELD_DEFAULTS,
        ForeignKey: {"filter_class": KeyFilter},
        OneToOneField: {"filter_class": KeyFilter},
        UUIDField: {"filter_class": KeyFilter},
        BooleanField: {"filter_class": YesNoFilter},
        **{key: {"filter_class": WholeNumberFilter} for key in WHOLE},
    }


class ListFilters(DjangoFilterBackend):  # type: ignore[misc]
    """Builds only the filters that a call names: building all costs more than most queries."""

    filterset_base = PlainFilterSet

    def get_filterset_class(self, view: Any, queryset: Any = None) -> Any:
        """The resource's filters among those that the address names; None if it names none."""
        whole = self._whole(view, queryset)
        request = getattr(view, "request", None)
        is_described = getattr(view, "swagger_fake_view", False)  # the API's description lists all
        if whole is None or request is None or is_described:
            return whole
        named = frozenset(whole.base_filters) & set(request.query_params)
        return _part(whole, named) if named else None

    def _whole(self, view: Any, queryset: Any) -> Any:
        """All filters of the resource, for which the library would make a class with each call."""
        key = type(view), getattr(view, "action", None), getattr(queryset, "model", None)
        if key not in _wholes:
            _wholes[key] = super().get_filterset_class(view, queryset)
        return _wholes[key]


_wholes: dict[tuple[Any, ...], Any] = {}


@lru_cache(maxsize=512)
def _part(whole: Any, named: frozenset[str]) -> Any:
    part: Any = type(whole.__name__, (whole,), {})
    part.base_filters = {key: whole.base_filters[key] for key in sorted(named)}
    return part

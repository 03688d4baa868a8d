"""List filters that know no table but the one being listed."""

from __future__ import annotations

from django.db.models import ForeignKey, OneToOneField
from django_filters.filterset import FILTER_FOR_DBFIELD_DEFAULTS
from django_filters.rest_framework import DjangoFilterBackend, FilterSet, UUIDFilter


class PlainFilterSet(FilterSet):  # type: ignore[misc]
    """A reference is compared as it is.

    Looking it up first, as django-filter does, would answer 400 for what does not exist and
    an empty list for what the caller may not see.
    """

    FILTER_DEFAULTS = {
        **FILTER_FOR_DBFIELD_DEFAULTS,
        ForeignKey: {"filter_class": UUIDFilter},
        OneToOneField: {"filter_class": UUIDFilter},
    }


class ListFilters(DjangoFilterBackend):  # type: ignore[misc]
    filterset_base = PlainFilterSet

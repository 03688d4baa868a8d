"""How lists of notices are filtered in the API."""

from __future__ import annotations

import django_filters.rest_framework as filters

from projects.models import Notice


class NoticeFilters(filters.FilterSet):  # type: ignore[misc]
    unread = filters.BooleanFilter(field_name="read_at", lookup_expr="isnull")

    class Meta:
        model = Notice
        fields: list[str] = []

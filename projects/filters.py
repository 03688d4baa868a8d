"""How lists are filtered in the API: what cannot be is refused, not left out."""

from __future__ import annotations

from typing import Any

import django_filters.rest_framework as filters
from django import forms
from rest_framework.fields import BooleanField

from projects.models import Notice

WORDS = {"true": True, "1": True, "false": False, "0": False}


class YesNo(forms.Field):
    """`true` or `false`. Raises ValidationError for any other word."""

    def to_python(self, value: Any) -> bool | None:
        if value in self.empty_values:
            return None
        if str(value).lower() not in WORDS:
            raise forms.ValidationError(BooleanField.default_error_messages["invalid"])
        return WORDS[str(value).lower()]


class YesNoFilter(filters.BooleanFilter):  # type: ignore[misc]
    """Rest Framework's own takes any word it does not know for no filter at all."""

    field_class = YesNo

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, widget=forms.TextInput, **options)


class WholeNumberFilter(filters.NumberFilter):  # type: ignore[misc]
    """A number without a fraction."""

    field_class = forms.IntegerField


class KeyFilter(filters.UUIDFilter):  # type: ignore[misc]
    """A UUID as it is written: spaces alone are none, and not an empty filter either."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, strip=False, **options)


class NoticeFilters(filters.FilterSet):  # type: ignore[misc]
    unread = YesNoFilter(field_name="read_at", lookup_expr="isnull")

    class Meta:
        model = Notice
        fields: list[str] = []

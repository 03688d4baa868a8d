"""Pages of a list by the last row seen: no offset, so no page costs more than the first."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import reduce
from typing import Any

from django.core import signing
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from projects.models.reading import planned_once


class KeysetPagination(CursorPagination):
    """`next`, `previous`, `results`.

    DRF's own cursor holds only the first key and counts rows that share it, up to a thousand;
    a catalogue loaded in one transaction has more of the same age. Ours holds every key, and is
    signed, so nothing reaches the database that no row of this list ever held.
    """

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    page_size_query_description = "Rows of a page, at most 200; what is no number counts as 50."
    next_link: str | None = None
    previous_link: str | None = None

    def get_ordering(
        self, request: Request, queryset: QuerySet[Any] | None, view: Any
    ) -> tuple[str, ...]:
        """The resource's own order, with a unique last key."""
        return tuple(view.ordering)

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """The rows of one page. Raises ValidationError for a cursor that is not of this list."""
        size = self.get_page_size(request) or self.page_size
        keys = self.get_ordering(request, queryset, view)
        is_back, values = self._read(request)
        wanted = tuple(map(_turned, keys)) if is_back else keys
        rows = queryset.order_by(*wanted)
        if values:
            rows = rows.filter(_beyond(wanted, values))
        # What holds nothing of this call or person has no parameter for a plan to depend on.
        is_special = rows.query.where or rows.query.annotations
        with nullcontext() if is_special else planned_once():
            found = list(rows[: size + 1])
        return self._cut(found, request, keys, size, is_back=is_back, is_later=bool(values))

    def _cut(
        self,
        found: list[Any],
        request: Request,
        keys: tuple[str, ...],
        size: int,
        *,
        is_back: bool = False,
        is_later: bool = False,
    ) -> list[Any]:
        """The page out of what was found for it, one row more than it holds if there is more."""
        page, has_more = found[:size], len(found) > size
        if is_back:
            page.reverse()
        if page and (has_more or is_back):
            self.next_link = self._link(request, keys, page[-1], is_back=False)
        if page and (has_more if is_back else is_later):
            self.previous_link = self._link(request, keys, page[0], is_back=True)
        return page

    def first_page(
        self, read: Callable[[int], list[dict[str, Any]]], request: Request, view: Any
    ) -> list[Any]:
        """The first page of a list that `read` reads by itself, so many rows at the most."""
        size = self.get_page_size(request) or self.page_size
        keys = self.get_ordering(request, None, view)
        return self._cut(read(size + 1), request, keys, size)

    def get_next_link(self) -> str | None:
        return self.next_link

    def get_previous_link(self) -> str | None:
        return self.previous_link

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """How the API's description says what of a list can be asked for."""
        cursor, size = super().get_schema_operation_parameters(view)
        size["schema"] = {"default": self.page_size}  # any text is taken, so it has no type
        return [cursor, size]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """How the API's description says what a page is."""
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def _read(self, request: Request) -> tuple[bool, list[str]]:
        text = request.query_params.get(self.cursor_query_param)
        if text is None:
            return False, []
        try:
            is_back, *values = _signer(request).unsign_object(text)
        except signing.BadSignature as error:
            raise ValidationError(
                {self.cursor_query_param: [_("Take it from `next` or `previous` of this list.")]}
            ) from error
        return is_back, values

    def _link(self, request: Request, keys: tuple[str, ...], row: Model, *, is_back: bool) -> str:
        values = [is_back, *(_value(row, key.lstrip("-")) for key in keys)]
        cursor = _signer(request).sign_object(values)
        return replace_query_param(request.build_absolute_uri(), self.cursor_query_param, cursor)


def _signer(request: Request) -> signing.Signer:
    """Without the time of the signature, so that the same page has the same links."""
    return signing.Signer(salt=f"cursor {request.path}")


def _turned(key: str) -> str:
    return key[1:] if key.startswith("-") else f"-{key}"


def _beyond(keys: tuple[str, ...], values: list[str]) -> Q:
    """Rows after the one with these values: (a, b) > (x, y) as a > x or a = x and b > y."""
    after, same = Q(), Q()
    for key, value in zip(keys, values, strict=True):
        name, sign = key.lstrip("-"), "lt" if key.startswith("-") else "gt"
        after |= same & Q(**{f"{name}__{sign}": value})
        same &= Q(**{name: value})
    first, sign = keys[0].lstrip("-"), "lte" if keys[0].startswith("-") else "gte"
    return Q(**{f"{first}__{sign}": values[0]}) & after  # what an index can begin at


def _value(row: Any, name: str) -> str:
    value = row[name] if isinstance(row, dict) else reduce(getattr, name.split("__"), row)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)

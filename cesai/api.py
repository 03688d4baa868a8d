"""What all API resources share: rendering, parsing, paging, and how the description is completed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, ParseError
from rest_framework.pagination import CursorPagination
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.utils.serializer_helpers import ReturnDict


class TooLarge(APIException):
    status_code = 413
    default_detail = "The body is larger than 4 MiB."
    default_code = "too_large"


class OrjsonRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """JSON bytes; nothing for an answer without a body."""
        return b"" if data is None else orjson.dumps(data, default=_plain)


class StrictJSONParser(BaseParser):
    media_type = "application/json"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Standard JSON (no NaN), 4 MiB at most, 32 levels deep at most. Raises ParseError."""
        body = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise TooLarge
        try:
            data = orjson.loads(body or b"{}")
        except orjson.JSONDecodeError as error:
            raise ParseError(_("The body is no JSON: %(error)s.") % {"error": error}) from error
        if not isinstance(data, dict):
            raise ParseError(_("The body must be a JSON object."))
        if _depth(data) > 32:
            raise ParseError(_("The body is nested more than 32 levels deep."))
        return data


class KeysetPagination(CursorPagination):
    """`next`, `previous`, `results`; a page costs the same wherever it lies."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    ordering = ("-created_at", "-id")

    def get_ordering(
        self, request: Request, queryset: QuerySet[Any], view: Any
    ) -> tuple[str, ...]:
        """The resource's own order, with a unique last key."""
        return tuple(getattr(view, "ordering", self.ordering))


def describe_problems(result: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """Add to each operation of the description what a refusal looks like."""
    result["components"].setdefault("schemas", {})["Problem"] = {
        "type": "object",
        "description": "RFC 9457: what was refused, why, and what would be accepted.",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "errors": {"type": "object", "description": "Field → messages"},
        },
    }
    refusal = {
        "description": "Refused",
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }
    for path in result["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict) and "responses" in operation:
                operation["responses"]["default"] = refusal
    return result


def _plain(value: Any) -> Any:
    if isinstance(value, ReturnDict):
        return dict(value)
    if isinstance(value, (list, tuple)):
        return list(value)
    return str(value)


def _depth(value: Any) -> int:
    """How deeply lists and objects are nested (orjson itself stops at 254)."""
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    return 0

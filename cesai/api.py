"""What all API resources share: JSON in, JSON out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from projects.wire import as_json, is_deeper

MAX_DEPTH = 32


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
        return b"" if data is None else as_json(data)


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
        if is_deeper(data, MAX_DEPTH):
            raise ParseError(_("The body is nested more than 32 levels deep."))
        return data

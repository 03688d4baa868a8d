"""The API's description for programs: OpenAPI, as YAML or JSON."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.http import HttpResponse
from django.utils.translation import get_language
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class Description(SpectacularAPIView):
    """Made once in each language and form: it takes seconds, and anybody may ask for it.

    Nothing of the question stands in the answer; the library's own names the file by it.
    """

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        renderer: Any = request.accepted_renderer
        content = _made(get_language() or "en", renderer.__class__)
        return HttpResponse(content, content_type=f"{renderer.media_type}; charset=utf-8")


@lru_cache(maxsize=16)
def _made(language: str, renderer: Callable[[], BaseRenderer]) -> str | bytes:
    """In the active language."""
    schema: Any = SchemaGenerator().get_schema(request=None, public=True)
    made: str | bytes = renderer().render(schema, renderer_context={})
    return made

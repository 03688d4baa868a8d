"""The API's page for people, made from the same description that programs read."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.generators import SchemaGenerator


def api_docs(request: HttpRequest) -> HttpResponse:
    """Every resource and call, with what it takes."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    return render(request, "cesai/api_docs.html", {"schema": schema})

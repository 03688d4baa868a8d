"""The API's page for people, made from the same description that programs read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.generators import SchemaGenerator

from projects.resources import Resource

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Field:
    """One value that a call takes."""

    name: str
    kind: str
    is_needed: bool
    help: str


@dataclass(frozen=True, slots=True)
class Call:
    """One operation."""

    method: str
    path: str
    what: str
    body: list[Field]
    filters: list[Field]


def api_docs(request: HttpRequest) -> HttpResponse:
    """Every resource and call, with what it takes."""
    context = {"resources": _resources(get_language() or "en"), "base_url": settings.BASE_URL}
    return render(request, "cesai/api_docs.html", context)


@lru_cache(maxsize=len(settings.LANGUAGES))
def _resources(language: str) -> dict[str, list[Call]]:
    """Resource → its calls, in the active language; made once, as the addresses never change."""
    schema: Any = SchemaGenerator().get_schema(request=None, public=True)
    shapes = schema["components"]["schemas"]
    resources: dict[str, list[Call]] = {}
    for path, operations in schema["paths"].items():
        for method in METHODS:
            if method in operations:
                call = _call(method, path, operations[method], shapes)
                resources.setdefault(operations[method]["tags"][0], []).append(call)
    return resources


def _call(method: str, path: str, operation: dict[str, Any], shapes: dict[str, Any]) -> Call:
    said = operation.get("description", "")
    if said.startswith((Resource.__doc__ or "?")[:40]):
        said = ""
    parameters = operation.get("parameters", [])
    filters = [
        Field(row["name"], _kind(row["schema"]), False, "")
        for row in parameters
        if row["in"] == "query" and row["name"] not in {"cursor", "page_size"}
    ]
    content: dict[str, Any] = operation.get("requestBody", {}).get("content", {})
    first: Any = next(iter(content.values()), {})
    shape = first.get("schema", {})
    shape = shapes.get(shape.get("$ref", "").rpartition("/")[2], shape)
    needed = shape.get("required", [])
    body = [
        Field(name, _kind(value), name in needed, value.get("description", "").split("\n")[0])
        for name, value in shape.get("properties", {}).items()
    ]
    return Call(method, path, said or _usual(operation["operationId"]), body, filters)


def _usual(operation: str) -> str:
    """What a call does that says nothing of itself."""
    words = {
        "list": _("A list, newest or first by name first; pages by cursor."),
        "retrieve": _("One of them."),
        "create": _("Make one."),
        "destroy": _("End or withdraw it."),
    }
    return words.get(operation.rpartition("_")[2], "")


def _kind(schema: dict[str, Any]) -> str:
    """A value's type in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2].removesuffix("Request").removesuffix("Enum"))
    for key in ("allOf", "oneOf", "anyOf"):
        if key in schema:
            return " | ".join(_kind(part) for part in schema[key])
    kind = schema.get("type", "")
    kind = " | ".join(kind) if isinstance(kind, list) else kind
    if kind == "array":
        return f"[{_kind(schema.get('items', {}))}]"
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    return str(schema.get("format") or kind)

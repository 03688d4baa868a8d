"""The API's page for people, made from the same description that programs read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from drf_spectacular.generators import SchemaGenerator

from cesai.description import REFUSALS
from projects.deprecation import LEAST

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
    example: str  # a line for curl; "" of a call that takes nothing
    is_deprecated: bool
    forms: bool  # whether all rows can be had in one answer


def api_docs(request: HttpRequest) -> HttpResponse:
    """Every resource and call, with what it takes."""
    context = {
        "resources": _resources(get_language() or "en"),
        "base_url": settings.BASE_URL,
        "refusals": REFUSALS,
        "announced_days": LEAST.days,
    }
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
    parameters = operation.get("parameters", [])
    filters = [
        Field(row["name"], _kind(row["schema"]), False, _first_line(row))
        for row in parameters
        if row["in"] == "query" and row["name"] not in {"cursor", "page_size", "format"}
    ]
    content: dict[str, Any] = operation.get("requestBody", {}).get("content", {})
    first: Any = next(iter(content.values()), {})
    shape = first.get("schema", {})
    shape = shapes.get(shape.get("$ref", "").rpartition("/")[2], shape)
    needed = shape.get("required", [])
    body = [
        Field(name, _kind(value), name in needed, _first_line(value))
        for name, value in shape.get("properties", {}).items()
    ]
    names = {row["name"] for row in parameters}
    example = curl(method, path, first["example"], "Idempotency-Key" in names) if first else ""
    is_gone = bool(operation.get("deprecated"))
    return Call(
        method, path, operation["description"], body, filters, example, is_gone, "format" in names
    )


def _first_line(said: dict[str, Any]) -> str:
    """Without the words that a field may have: its type names them."""
    return str(said.get("description", "")).partition("\n")[0]


def curl(method: str, path: str, body: Any, takes_key: bool) -> str:
    """A call as one types it, over several lines."""
    is_lines = isinstance(body, str)
    kind = "application/x-ndjson" if is_lines else "application/json"
    text = body if is_lines else json.dumps(body, ensure_ascii=False, indent=2)
    text = text.replace("'", "'\\''")
    lines = [
        f"curl -X {method.upper()} $CESAI{path.removeprefix('/api/v1')}",
        '-H "Authorization: Bearer $CESAI_TOKEN"',
        *(['-H "Idempotency-Key: $(uuidgen)"'] if takes_key else []),
        f'-H "Content-Type: {kind}"',
        f"{'--data-binary' if is_lines else '-d'} '{text}'",
    ]
    return " \\\n  ".join(lines)


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

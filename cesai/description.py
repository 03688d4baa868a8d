"""The API's description for programs: served as OpenAPI, and what it says of every call alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import lru_cache
from typing import Any

from django.http import HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from cesai.examples import example
from cesai.idempotency import is_secret, needs_key
from cesai.wording import describe_fields
from projects.streams import STREAMS, Csv, JsonLines

METHODS = ("get", "post", "put", "patch", "delete")
PROBLEM: dict[str, Any] = {
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
REFUSALS = {
    400: _("The call itself is wrong; `errors` names the fields."),
    401: _("There is no token, or it is not valid, or not any more."),
    403: _("Seen, but not allowed: by the caller's role, or to a token that may only read."),
    404: _("There is no such thing, or the caller may not see it."),
    406: _("Only JSON is answered, lists also as JSON Lines and CSV, cards as Markdown."),
    409: _("Its state does not admit this, or somebody else was first."),
    413: _("The body is larger than 4 MiB."),
    415: _("The body is no JSON by its Content-Type."),
    422: _("The Idempotency-Key was used for another call."),
    429: _("Too many calls; `Retry-After` says when to come back."),
}
FORMS = (
    "Instead of an Accept header: `json` is a page; `jsonl` (`application/x-ndjson`, an object a"
    " line) and `csv` (`text/csv`) are all rows that the filters leave, in one answer."
)
ETAG = {
    "description": "Name it in If-None-Match the next time; streams have none.",
    "schema": {"type": "string"},
}
IF_NONE_MATCH = {
    "in": "header",
    "name": "If-None-Match",
    "description": "The ETag of what is there already; 304 if it still holds.",
    "schema": {"type": "string"},
}
OF_EVERY_CALL = {401, 406, 429}
OF_A_CHANGE = {400, 403, 404, 409, 413, 415}


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


def complete(result: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """Add to each operation what the middleware and the parsers do with it."""
    schemas = result["components"].setdefault("schemas", {})
    schemas["Problem"] = deepcopy(PROBLEM)
    describe_fields(schemas)
    for path, operations in result["paths"].items():
        if {"post", "delete"} <= set(operations) and "requestBody" in operations["post"]:
            # What a POST adds by its body, the DELETE of the same address takes away.
            operations["delete"]["requestBody"] = deepcopy(operations["post"]["requestBody"])
        for method in METHODS:
            if method in operations:
                _complete(path, method, operations[method])
                _say_forms(operations[method], schemas)
                if method == "get":
                    _say_tags(operations[method])
                _close(operations[method].get("requestBody", {}), schemas)
                _show_example(path, method, operations[method])
    return result


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    takes_key = method != "get" and not is_secret(path)
    if takes_key:
        is_needed = method == "post" and needs_key(path)
        operation.setdefault("parameters", []).append(_key(is_needed=is_needed))
    for row in operation.get("parameters", ()):
        if row["in"] == "query" and not row.get("required") and _is_picky(row):
            row["allowEmptyValue"] = True  # an empty filter is none
    operation["responses"].pop("default", None)
    for status in sorted(_refusals(path, method, operation) | ({422} if takes_key else set())):
        operation["responses"][str(status)] = {
            "description": str(REFUSALS[status]),
            "content": {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            },
        }


def _show_example(path: str, method: str, operation: dict[str, Any]) -> None:
    for content in operation.get("requestBody", {}).get("content", {}).values():
        content["example"] = example(method, path)


def _say_tags(operation: dict[str, Any]) -> None:
    """Of a call that reads, that it tells whether anything changed; streams do not."""
    if set(operation["responses"]["200"]["content"]) <= {form.media_type for form in STREAMS}:
        return
    operation.setdefault("parameters", []).append(deepcopy(IF_NONE_MATCH))
    operation["responses"]["304"] = {"description": "It is as the named ETag says."}
    operation["responses"]["200"].setdefault("headers", {})["ETag"] = deepcopy(ETAG)


def _say_forms(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Of a list, that JSON comes in pages and the other forms hold all rows."""
    content = operation["responses"].get("200", {}).get("content", {})
    if not {form.media_type for form in STREAMS} <= set(content):
        return
    page = schemas[content["application/json"]["schema"]["$ref"].rpartition("/")[2]]
    row = page["properties"]["results"]["items"]
    content[JsonLines.media_type] = {"schema": row}  # of each line
    content[Csv.media_type] = {"schema": {"type": "string"}}
    [chosen] = [one for one in operation["parameters"] if one["name"] == "format"]
    chosen["schema"]["enum"] = ["json", *(form.format for form in STREAMS)]
    chosen["description"] = FORMS


def _is_picky(parameter: dict[str, Any]) -> bool:
    """Whether it takes only certain words, so that it must be said that it may be empty."""
    schema = parameter["schema"]
    is_text = schema.get("type") in {"string", "array"} and not {"format", "enum"} & set(schema)
    return not is_text and parameter["name"] != "direction"


def _refusals(path: str, method: str, operation: dict[str, Any]) -> set[int]:
    if method != "get":
        return OF_EVERY_CALL | OF_A_CHANGE
    places = {parameter["in"] for parameter in operation.get("parameters", ())}
    of_one = {403, 404} if "path" in places else set()
    return OF_EVERY_CALL | of_one | ({400} if "query" in places else set())


def _key(*, is_needed: bool) -> dict[str, Any]:
    return {
        "in": "header",
        "name": "Idempotency-Key",
        "required": is_needed,
        "description": "One per intent, such as a UUID: a repeated call with it acts once.",
        "schema": {"type": "string", "maxLength": 200, "pattern": "^[ -~]*$"},
    }


def _close(body: Any, schemas: dict[str, Any]) -> None:
    """Say of a body's objects that they take no fields but those they name, and of its decimals
    that they may be numbers."""
    for part in _parts(body, schemas, set()):
        if part.get("type") == "object" and "properties" in part:
            part["additionalProperties"] = False
        if part.get("format") == "decimal":
            kinds = part["type"] if isinstance(part["type"], list) else [part["type"]]
            part["type"] = sorted({*kinds, "number"})


def _parts(part: Any, schemas: dict[str, Any], seen: set[str]) -> Iterator[dict[str, Any]]:
    """Every object of a description, and of what it refers to."""
    if isinstance(part, list):
        for row in part:
            yield from _parts(row, schemas, seen)
    elif isinstance(part, dict):
        name = str(part.get("$ref", "")).rpartition("/")[2]
        if name and name not in seen:
            seen.add(name)
            yield from _parts(schemas[name], schemas, seen)
        yield part
        for value in part.values():
            yield from _parts(value, schemas, seen)

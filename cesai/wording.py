"""What the API's description says of fields and filters: a fact that holds everywhere, once.

A serializer's own help text goes before it. The texts stand in `fields.yaml`, by field, and by
shape where a name means something else there.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

FIELDS = Path(__file__).with_name("fields.yaml")
HOW = {
    "in": "One of these, with commas between them.",
    "gte": "This or later, or more.",
    "lte": "This or earlier, or less.",
    "isnull": "Whether there is none.",
    "icontains": "A part of it, in small or capital letters.",
}


@cache
def said_of_fields() -> dict[str, dict[str, str]]:
    """`everywhere` and `filters`: name → text; any other key is a shape's name."""
    read: Any = yaml.safe_load(FIELDS.read_text())
    return {"everywhere": read["everywhere"], "filters": read["filters"], **read["in"]}


def said_of(shape: str, field: str) -> str:
    """What a field of a shape says; "" if nobody wrote it down."""
    said, name = said_of_fields(), base_of(shape)
    return said.get(name, {}).get(field) or said["everywhere"].get(field, "")


def base_of(shape: str) -> str:
    """A serializer's name: the library adds to it what the shape is used for."""
    return shape.removeprefix("Patched").removesuffix("Request")


def said_of_filter(name: str) -> str:
    """What a filter such as `pool__cluster__slug` or `state__in` compares, and how."""
    *path, last = name.split("__")
    way = path if last in HOW else [*path, last]
    if way[-1] == "slug" and len(way) > 1:
        return f"Short name of the {way[-2]}."
    said = said_of_fields()
    what = said["filters"].get(way[-1]) or said["everywhere"].get(way[-1], "")
    # That a field may be empty is nothing to ask for.
    return f"{what.partition(';')[0] if '; null' in what else what} {HOW.get(last, '')}".strip()


def with_words(described: str, text: str) -> str:
    """What is said already; before a bare list of words, and instead of nothing, what is here."""
    if described and not described.startswith(("* `", "Multiple values")):
        return described
    return f"{text}\n\n{described}".strip()


def describe_fields(schemas: dict[str, Any]) -> None:
    """Let each field say what it is."""
    for name, shape in schemas.items():
        for field, value in shape.get("properties", {}).items():
            value["description"] = with_words(value.get("description", ""), said_of(name, field))

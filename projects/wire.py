"""How values are written for programs, as JSON and as a cell of a table; and limits of reading."""

from __future__ import annotations

import re
from typing import Any

import orjson
from rest_framework.utils.serializer_helpers import ReturnDict

from projects.sheets import safe_cell

# The messages about a list are keyed by the numbers of its wrong rows.
# Times look alike whether a serializer wrote them or the database gave them.
OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z
A_LINE = OPTIONS | orjson.OPT_APPEND_NEWLINE
AMOUNT = re.compile(r"-[0-9]+(\.[0-9]+)?\Z")  # what no spreadsheet calculates


def as_json(value: Any) -> bytes:
    """JSON without blanks."""
    return orjson.dumps(value, _plain, OPTIONS)


def as_line(value: Any) -> bytes:
    """JSON and the end of its line."""
    return orjson.dumps(value, _plain, A_LINE)


def from_json(value: bytes) -> Any:
    """Texts, numbers, lists and objects."""
    return orjson.loads(value)


def _as_cell(value: Any) -> Any:
    kind = type(value)
    if kind is str:
        is_plain = value[:1].isalnum() or AMOUNT.match(value)
        return value if is_plain else safe_cell(value)
    if kind is int or kind is float or value is None:
        return value
    if kind is bool:
        return "true" if value else "false"
    return as_json(value).decode()


def as_cells(column: list[Any]) -> list[Any]:
    """Each value as JSON says it, without quotes; lists and objects as JSON. No text is a formula.

    Numbers, and texts that begin with a letter or a digit as no formula does, are seen at once.
    """
    kinds = set(map(type, column)) - {type(None)}
    if kinds <= {int, float}:
        return column
    if kinds == {str} and "".join([text[:1] for text in column if text]).isalnum():
        return column
    return list(map(_as_cell, column))


def _plain(value: Any) -> Any:
    if isinstance(value, ReturnDict):
        return dict(value)
    if isinstance(value, (list, tuple)):
        return list(value)
    return str(value)


def is_deeper(value: Any, levels: int) -> bool:
    """Whether lists and objects are nested deeper; what lies below the limit is not looked at."""
    if not isinstance(value, (dict, list)):
        return False
    if levels == 0:
        return True
    parts = value.values() if isinstance(value, dict) else value
    return any(is_deeper(part, levels - 1) for part in parts)


def first_sentence(messages: Any) -> str:
    """The first in Rest Framework's nested messages."""
    while isinstance(messages, (dict, list)):
        if not messages:
            return ""
        messages = next(iter(messages.values())) if isinstance(messages, dict) else messages[0]
    return str(messages)

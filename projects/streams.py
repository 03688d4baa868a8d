"""Whole lists in one answer, row after row: as JSON Lines or as CSV."""

from __future__ import annotations

import csv
import io
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer

from projects.wire import as_cells, as_json, as_line, from_json

AT_ONCE = 2_000  # rows that are held in memory
Rows = list[dict[str, Any]]


class Stream(BaseRenderer, ABC):
    """A form in which a whole list is told; a refusal of it is a problem like any other."""

    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        """Only of refusals."""
        return as_json(data)

    def head(self, columns: list[str]) -> bytes:
        """What stands before the first row."""
        return b""

    @abstractmethod
    def body(self, rows: Rows, columns: list[str]) -> bytes:
        """Some rows."""

    @abstractmethod
    def broken(self, rows: int) -> bytes:
        """The last line of a list that could not be told to its end."""


class JsonLines(Stream):
    """One object a line."""

    media_type = "application/x-ndjson"
    format = "jsonl"

    def body(self, rows: Rows, columns: list[str]) -> bytes:
        return b"".join(map(as_line, rows))

    def broken(self, rows: int) -> bytes:
        """A problem, which no row looks like: it has a `type` and no `id`."""
        said = {"type": "/problems/broken-off", "title": "Broken off", "status": 500}
        return as_line({**said, "detail": _broken(rows)})


class Csv(Stream):
    """A table with a line of heads."""

    media_type = "text/csv"
    format = "csv"

    def head(self, columns: list[str]) -> bytes:
        return _table([columns])

    def body(self, rows: Rows, columns: list[str]) -> bytes:
        plain = from_json(as_json(rows))  # orjson writes keys and times much faster than Python
        return _table(zip(*(as_cells(_column(plain, name)) for name in columns), strict=True))

    def broken(self, rows: int) -> bytes:
        return _table([[f"# {_broken(rows)}"]])


STREAMS = (JsonLines, Csv)


def columns_of(shape: Any) -> list[str]:
    """The columns of a table of such rows: `name`, and `balance.used` of what stands inside."""
    found: list[str] = []
    for name, field in shape.fields.items():
        if isinstance(field, serializers.Serializer):
            found += [f"{name}.{part}" for part in columns_of(field)]
        else:
            found.append(name)
    return found


def streamed(
    rows: QuerySet[Any], told: Callable[[list[Any]], Rows], shape: Any, form: Stream, name: str
) -> StreamingHttpResponse:
    """All rows of a list in its order, read and written so many at once.

    A fault on the way cannot change the status any more. Then the last line says so, and the
    answer ends without the end that HTTP gives it, at which every client stumbles.
    """
    columns, found = columns_of(shape), rows.iterator(chunk_size=AT_ONCE)
    first = list(islice(found, AT_ONCE))  # a fault before the first row is an ordinary one
    content = _content(chain([first], _parts(found)), told, columns, form, get_language() or "en")
    answer = StreamingHttpResponse(content, content_type=f"{form.media_type}; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.{form.format}"'
    return answer


def _parts(found: Iterator[Any]) -> Iterator[list[Any]]:
    while part := list(islice(found, AT_ONCE)):
        yield part


def _content(
    parts: Iterable[list[Any]],
    told: Callable[[list[Any]], Rows],
    columns: list[str],
    form: Stream,
    language: str,
) -> Iterator[bytes]:
    yield form.head(columns)
    count = 0
    try:
        for part in parts:
            with override(language):  # the middleware is long through with this call
                content = form.body(told(part), columns)
            yield content
            count += len(part)
    except Exception:
        with override(language):
            yield form.broken(count)
        raise


def _column(rows: Rows, name: str) -> list[Any]:
    """The values of `balance.used`, say: None where there is no balance."""
    *around, last = name.split(".")
    for part in around:
        rows = [row.get(part) or {} for row in rows]
    return [row.get(last) for row in rows]


def _table(lines: Iterable[Iterable[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    return text.getvalue().encode()


def _broken(rows: int) -> str:
    return _("Broken off after %(n)s rows by a fault of ours; the rest is missing. Ask again.") % {
        "n": rows
    }

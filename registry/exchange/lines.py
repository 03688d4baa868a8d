"""Reads a catalogue that was sent: one JSON object a line, each within limits, from a file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO

import orjson
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.errors import Invalid, Refused
from projects.wire import is_deeper
from registry.models import ExchangeKey

MEDIA_TYPE = "application/x-ndjson"
MOST_BYTES = 64 * 1024 * 1024
MOST_LINES = 20_000
MOST_TOGETHER = 5_000  # in one transaction: until its end nobody hears of what others did since
MOST_LINE_BYTES = 1024 * 1024
MOST_DEPTH = 32
IN_MEMORY = 1024 * 1024  # what is larger lies in a temporary file meanwhile
PART = 64 * 1024
# What is referred to comes before what refers to it, wherever the lines stand.
ORDER = tuple(kind.value for kind in ExchangeKey.Kind)
TOTALS = "totals"  # the last line of a pull; a push reads over it
ABOUT_THE_ORIGIN = "origin"  # where a pulled line comes from; a push reads over it


class TooMuch(Refused):
    """More than one push may hold."""

    code = "too-large"
    status = 413


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it was sent; `values` are what its type's shape reads."""

    number: int
    kind: str
    key: str
    values: dict[str, Any]

    @property
    def digest(self) -> str:
        """Alike for lines that say the same, however they are spaced and ordered."""
        told = orjson.dumps({**self.values, "type": self.kind}, option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(told).hexdigest()


class BadLine(Exception):
    """A line that cannot be read; it is reported by its number, and as far as it said by key."""

    def __init__(self, number: int, sentence: str, *, kind: str = "", key: str = "") -> None:
        super().__init__(sentence)
        self.number, self.sentence, self.kind, self.key = number, sentence, kind, key


@dataclass
class Sent:
    """A catalogue in a file: where its lines begin by type, and those that are wrong."""

    file: BinaryIO
    places: dict[str, list[tuple[int, int]]] = field(default_factory=dict)  # number, offset
    wrong: list[BadLine] = field(default_factory=list)
    count: int = 0

    def check_is_short(self) -> None:
        """Raises TooMuch for more than one transaction should hold."""
        if self.count > MOST_TOGETHER:
            raise TooMuch(
                _(
                    "A dry run, or a push with an Idempotency-Key, has 5,000 lines at most,"
                    " for it is one transaction. Push it without either: a push can be repeated."
                )
            )

    def of_kind(self, kind: str) -> Iterator[Line]:
        """The lines of one type in the order in which they were sent."""
        for number, offset in self.places.get(kind, ()):
            self.file.seek(offset)
            yield _read(number, self.file.readline(MOST_LINE_BYTES + 1))


def receive(stream: Any, *, announced: int) -> Sent:
    """Keep what is sent in a temporary file and look over its lines.

    Raises TooMuch, and Invalid if nothing was sent, or less than was announced.
    It is read to its end before anything is answered: many clients read nothing before they have
    sent all, and both sides would wait.
    """
    file: Any = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
    size = 0
    while part := stream.read(PART):
        size += len(part)
        if size > MOST_BYTES:
            raise TooMuch(_("The catalogue is larger than 64 MiB. Push it in parts."))
        file.write(part)
    if size < announced:
        raise Invalid(_("The call ended before its body did. Send it again."))
    file.seek(0)
    sent = Sent(file)
    _look_over(sent)
    if not sent.count:
        sentence = _("Send one JSON object a line, with a Content-Length.")
        raise Invalid(sentence)
    return sent


def _look_over(sent: Sent) -> None:
    keys: dict[tuple[str, str], int] = {}
    number = 0
    while True:
        offset = sent.file.tell()
        text = sent.file.readline(MOST_LINE_BYTES + 1)
        if not text:
            return
        number += 1
        if not text.strip():
            continue
        if sent.count == MOST_LINES:
            raise TooMuch(_("The catalogue has more than 20,000 lines. Push it in parts."))
        sent.count += 1
        try:
            line = _read(number, text)
            first = keys.setdefault((line.kind, line.key), number)
            if first != number:
                sentence = _("Line %(number)d of this push has the same type and key.")
                raise BadLine(number, sentence % {"number": first}, kind=line.kind, key=line.key)
        except BadLine as error:
            sent.wrong.append(error)
            _skip(sent.file, text)
            continue
        if line.kind == TOTALS:
            sent.count -= 1
            del keys[line.kind, line.key]
        else:
            sent.places.setdefault(line.kind, []).append((number, offset))


def _skip(file: BinaryIO, text: bytes) -> None:
    """Go to the end of a line of which only the beginning was read."""
    while text and not text.endswith(b"\n"):
        text = file.readline(PART)


def _read(number: int, text: bytes) -> Line:
    if len(text) > MOST_LINE_BYTES:
        raise BadLine(number, _("A line has 1 MiB at most."))
    try:
        data = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadLine(number, _("This is no JSON: %(error)s.") % {"error": error}) from error
    if not isinstance(data, dict):
        raise BadLine(number, _("A line is one JSON object."))
    if is_deeper(data, MOST_DEPTH):
        raise BadLine(number, _("This is nested more than 32 levels deep."))
    return _line(number, data)


def _line(number: int, data: dict[str, Any]) -> Line:
    kind, key = data.pop("type", None), data.pop("key", "")
    data.pop(ABOUT_THE_ORIGIN, None)
    if kind == TOTALS:
        return Line(number, TOTALS, "", {})
    if not isinstance(kind, str) or kind not in ORDER:
        raise BadLine(number, _("“type” is one of: %(names)s.") % {"names": ", ".join(ORDER)})
    if not isinstance(key, str) or not is_key(key):
        raise BadLine(number, str(WRONG_KEY), kind=kind)
    return Line(number, kind, key, data)


WRONG_KEY = gettext_lazy(
    "“key” is your own name of this entry: a text of 1 to 200 characters without control"
    " characters, which stays the same from push to push."
)


def is_key(text: str) -> bool:
    """Whether a text can be a sender's key."""
    return 1 <= len(text) <= 200 and text.isprintable() and text == text.strip()

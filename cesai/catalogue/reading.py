"""Reads the catalogue's files: lists of records with a name, sizes capped."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import orjson

from projects.errors import Invalid

MOST_BYTES = 64 * 1024 * 1024
_DAY = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")
HERE = Path(__file__).parent
SHIPPED = {
    noun: HERE / f"{noun}.json" for noun in ("organisations", "clusters", "models", "initiatives")
}


def read_records(path: Path) -> list[dict[str, Any]]:
    """The records of a file. Raises Invalid with what is wrong about the file as a whole."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise Invalid(f"{path} is larger than 64 MiB; split it.")
        data = orjson.loads(path.read_bytes())
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}.") from error
    except orjson.JSONDecodeError as error:
        raise Invalid(f"{path} is no JSON: {error}.") from error
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        raise Invalid(f"{path} must hold a list of objects.")
    return data


def text(record: dict[str, Any], key: str) -> str:
    """A text of a record, "" for null or none. Raises Invalid for another kind of value."""
    value = record.get(key)
    if value is None:
        return ""
    if not isinstance(value, str) or "\0" in value:
        raise Invalid(f"“{key}” is no text")
    return value.strip()


def whole(record: dict[str, Any], key: str) -> int | None:
    """A positive whole number of a record, None if it is not known. Raises Invalid."""
    value = record.get(key)
    if value is None:
        return None
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 1 <= value <= 1e18:
        raise Invalid(f"“{key}” is no number from 1 to 10^18")
    return int(value)


def texts(record: dict[str, Any], key: str) -> list[str]:
    """A list of texts, empty for null or none. Raises Invalid."""
    value = record.get(key) or []
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        raise Invalid(f"“{key}” is no list of texts")
    return value


def words(record: dict[str, Any], key: str) -> dict[str, Any]:
    """An object of words or nulls, empty for null or none. Raises Invalid."""
    value = record.get(key) or {}
    if not isinstance(value, dict) or not all(
        word is None or isinstance(word, str) for word in value.values()
    ):
        raise Invalid(f"“{key}” is no object of words")
    return value


def rows(record: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """A list of objects, empty for null or none. Raises Invalid."""
    value = record.get(key) or []
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise Invalid(f"“{key}” is no list of objects")
    return value


def period(written: str) -> tuple[date | None, date | None]:
    """What a day, month or year as it is written covers: [first day, first day after)."""
    first, is_exact = day_of(written)
    if first is None:
        return None, None
    if is_exact:
        return first, first + timedelta(1)
    if len(written) == len("2026"):
        return first, date(first.year + 1, 1, 1)
    return first, (first + timedelta(31)).replace(day=1)


def day_of(written: str) -> tuple[date | None, bool]:
    """A day, and whether it was written out; the first of a month or year otherwise."""
    found = _DAY.fullmatch(written)
    if found is None:
        return None, False
    year, month, day = found.groups()
    return date(int(year), int(month or 1), int(day or 1)), bool(day)


def slug_of(name: str, most: int = 40) -> str:
    """Small letters, digits and hyphens out of a name."""
    plain = name.replace("ß", "ss").lower()
    for umlaut, spelled in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("&", " "), ("@", " ")):
        plain = plain.replace(umlaut, spelled)
    ascii_only = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    words = "".join(sign if sign.isalnum() else " " for sign in ascii_only).split()
    return "-".join(words)[:most].strip("-")

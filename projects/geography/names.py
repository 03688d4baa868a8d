"""How names of cities are compared: without case, accents and what people add to them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

# Letters that Unicode does not take apart.
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)
# How the same vowels are written where the keyboard lacks them.
_SPELLED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
_SHORT = {"saint": "st", "sankt": "st", "sainte": "ste"}

_ALTERNATIVES = re.compile(r"\s*(?:[/,;|()\[\]+&]|\s[-–—]\s|\b(?:and|und|et)\b)\s*")
_NEARBY = re.compile(r"\s+(?:bei|b\.|near|nahe|près de|ved|przy|pri)\s+", re.IGNORECASE)
_SURROUNDINGS = re.compile(r"\s+(?:am|an der|an den|im|in der|ob der)\s+", re.IGNORECASE)
_DISTRICT = re.compile(r"^([^-]+)(?:-[^-]+|\s\d+\w*)$")  # Berlin-Adlershof, Lyon 3e
_POSTCODE = re.compile(r"\b(?:[A-Z]{1,2}-)?\d[\d ]*\d\b")


def keys(name: str) -> tuple[str, ...]:
    """The name as it is looked up: with plain vowels, and with ae, oe, ue and aa if it differs."""
    lower = unicodedata.normalize("NFC", name).casefold()
    return tuple(dict.fromkeys([_plain(lower), _plain(lower.translate(_SPELLED))]))


def readings(city: str) -> Iterator[str]:
    """What a location may mean, the most literal first."""
    yield city
    for part in _ALTERNATIVES.split(_POSTCODE.sub(" ", city)):
        yield part
        for near in _NEARBY.split(part):
            yield near
            yield _SURROUNDINGS.split(near)[0]
            yield _DISTRICT.sub(r"\1", near.strip())


def _plain(lower: str) -> str:
    apart = unicodedata.normalize("NFKD", lower.translate(_LETTERS))
    letters = "".join(sign for sign in apart if not unicodedata.combining(sign))
    words = re.split(r"[\W_]+", letters)
    return " ".join(_SHORT.get(word, word) for word in words if word)

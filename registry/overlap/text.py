"""How alike two texts are, each in German or English: by words and parts of words."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

Vector = dict[str, float]
MOST_WORDS = 300  # an abstract; more would cost time and blur what it is about
GRAM = 4
_WORD = re.compile(r"[a-zäöüßàâçéèêëîïôûœæñ][a-zäöüßàâçéèêëîïôûœæñ0-9-]*")
_ENDINGS = ("innen", "ungen", "ern", "en", "er", "es", "em", "e", "n", "s")


@dataclass(frozen=True, slots=True)
class Text:
    """A text as two unit vectors: over its words and over their parts."""

    words: Vector
    grams: Vector

    def __bool__(self) -> bool:
        return len(self.words) > 2


def likeness(a: Text, b: Text) -> float:
    """From 0 to 1: the mean of the cosines over words and over parts of words."""
    return (_dot(a.words, b.words) + _dot(a.grams, b.grams)) / 2


def text_of(written: str) -> Text:
    """A text with German words in English, in two unit vectors."""
    counts = Counter(counted_words(written))
    common = common_words()
    rarest = max(common.values(), default=1.0)
    words = {
        word: (1 + math.log(count)) * common.get(word, rarest) for word, count in counts.items()
    }
    grams: Vector = {}
    for word, weight in words.items():
        for gram in _grams(word):
            grams[gram] = grams.get(gram, 0.0) + weight
    return Text(_unit(words), _unit(grams))


def words_in(written: str) -> list[str]:
    """The words that carry meaning, as they stand, at most 300."""
    found = (word.strip("-") for word in _WORD.findall(written.lower()))
    return [word for word in found if len(word) > 1 and word not in empty_words()][:MOST_WORDS]


def searched_words(written: str) -> list[str]:
    """The words of a text as they stand and in English, once each: what a search looks for."""
    found: dict[str, None] = {}
    for word in words_in(written):
        found[word] = None
        found.update(dict.fromkeys(_translated(word)))
    return list(found)


def counted_words(written: str) -> Iterator[str]:
    """The words of a text in English and without endings, as often as they stand there."""
    for word in words_in(written):
        for english in _translated(word):
            if english not in empty_words():
                yield _stem(english)


def in_english(word: str) -> list[str]:
    """One word in English, where the glossary knows it or both parts of it; else as it stands."""
    known = _known(word)
    if known:
        return known
    for cut in range(len(word) - 4, 4, -1):
        head, tail = word[:cut], word[cut:]
        last = _known(tail)
        if last:
            first = _known(head.removesuffix("-")) or _known(head.removesuffix("s"))
            if first:
                return [*first, *last]
    return [part for part in word.split("-") if part]


@cache
def empty_words() -> frozenset[str]:
    """Words that say nothing of a subject, of both languages."""
    return frozenset(word for line in _lines("empty_words.txt") for word in line.split())


@cache
def glossary() -> dict[str, tuple[str, ...]]:
    """German word → its English words; fixed before any weight was fitted."""
    pairs = (line.split("|") for line in _lines("glossary.txt"))
    return {german.strip(): tuple(english.split()) for german, english in pairs}


@cache
def common_words() -> Vector:
    """Words that many descriptions of models hold → how much each still says (its idf)."""
    pairs = (line.split() for line in _lines("common_words.txt"))
    return {word: float(idf) for word, idf in pairs}


def _lines(name: str) -> list[str]:
    text = files("registry.overlap").joinpath(name).read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@lru_cache(maxsize=20_000)
def _translated(word: str) -> tuple[str, ...]:
    return tuple(in_english(word))


def _known(word: str) -> list[str]:
    table = glossary()
    if word in table:
        return list(table[word])
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) > 3:
            for base in (word.removesuffix(ending), word.removesuffix(ending) + "e"):
                if base in table:
                    return list(table[base])
    return []


def _stem(word: str) -> str:
    """An English word without its commonest endings; crude, alike for all."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 5 and word.endswith("ing"):
        return word[:-3]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _grams(word: str) -> Iterator[str]:
    padded = f" {word} "
    if len(padded) <= GRAM:
        yield padded
    for at in range(len(padded) - GRAM + 1):
        yield padded[at : at + GRAM]


def _unit(vector: Vector) -> Vector:
    length = math.sqrt(sum(value * value for value in vector.values()))
    return {key: value / length for key, value in vector.items()} if length else {}


def _dot(a: Vector, b: Vector) -> float:
    if len(a) > len(b):
        a, b = b, a
    return sum(value * b[key] for key, value in a.items() if key in b)

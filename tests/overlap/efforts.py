"""Efforts as hypothesis draws them: over all fields, each of which may be missing."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations, product
from typing import Any

from hypothesis import strategies as st

from registry.languages import EU
from registry.overlap import Effort

MODALITIES = ("text", "code", "image", "speech", "embedding", "molecule")
TASKS = (
    "general", "chat", "translation", "text-generation", "code", "code-generation", "robotics",
    "speech-recognition", "image-to-text", "a-task-of-its-own",
)  # fmt: skip
DOMAINS = (
    "open-domain", "administration", "tax", "law", "justice", "health", "radiology", "pharma",
    "automotive", "crafts", "grid", "finance", "weather", "physics", "software", "media",
)  # fmt: skip
MODES = (
    "unknown", "from_scratch", "continued", "finetune", "adapter", "merged", "distilled",
    "quantized",
)  # fmt: skip
LICENCES = ("", "Apache-2.0", "MIT", "CC-BY-NC-4.0", "proprietary", "llama3", "our own terms")
PARTNERS = ("Lab", "Institute", "University", "Company")
NAMES = ("", "Nebel-7B", "Nebel-7B-Instruct", "Nebel-Turm-9B", "Turm", "Base-7B", "Qwen")
SENTENCES = (
    "A large language model for public administration that writes notices in easy language.",
    "Ein großes Sprachmodell für die Verwaltung, das Bescheide in Leichter Sprache schreibt.",
    "Detection of tumours in images of radiology.",
    "A model for all official languages of Europe, trained from scratch on open data.",
    "A model.",
    "Vorhersage der Stromerzeugung aus Wind und Sonne.",
)
# Each fact that two efforts may agree in → the fields that hold it.
FACTS: dict[str, tuple[str, ...]] = {
    "languages": ("languages",), "tasks": ("tasks",), "domains": ("domains",),
    "modality_out": ("modality_out",), "modality_in": ("modality_in",),
    "parameters": ("parameters",), "tokens": ("tokens",), "training": ("training_mode",),
    "datasets": ("datasets",), "licence": ("licence",), "time": ("begin", "end"),
    "words": ("words",),
}  # fmt: skip
DATASETS = ("c4", "oscar", "the-stack", "europarl", "wikipedia")
LANGUAGES = (*EU, "ca", "nb", "nn", "no", "zh", "zho", "gsw")


def _up_to(most: int, words: tuple[str, ...]) -> list[frozenset[str]]:
    """All sets of so many words at most, the empty one first."""
    return [frozenset(some) for n in range(most + 1) for some in combinations(words, n)]


def _samples(words: tuple[str, ...], sizes: tuple[int, ...]) -> list[frozenset[str]]:
    """Sets of each size, always the same."""
    dice = random.Random(0)
    return [frozenset(dice.sample(words, size)) for size in sizes for _ in range(12)]


def _windows() -> Iterator[tuple[date | None, date | None]]:
    """From 2019 to 2027, of a day to two years, some without begin or end."""
    yield None, None
    for month, days in product(range(0, 108, 3), (0, 30, 200, 700)):
        begin = date(2019 + month // 12, month % 12 + 1, 1)
        end = begin + timedelta(days)
        yield from ((begin, end), (begin, None), (None, end))


_COUNTS = (None, 1, 10**6, *(round(10**9 * 1.37**n) for n in range(-6, 32)), 7 * 10**9)
# One draw a field: hundreds of examples in a second.
_ALL_FIELDS: dict[str, list[Any]] = {
    "name": list(NAMES),
    "modality_in": _up_to(2, MODALITIES),
    "modality_out": _up_to(2, MODALITIES),
    "languages": [
        *_up_to(1, LANGUAGES), frozenset(EU), frozenset({"de", "en"}), frozenset(LANGUAGES),
        *_samples(LANGUAGES, (2, 3, 5, 8, 12, 20, 28)),
    ],
    "tasks": _up_to(3, TASKS),
    "domains": [*_up_to(2, DOMAINS), *_samples(DOMAINS, (4, 8, 12, 16))],
    "training_mode": list(MODES),
    "parameters": list(_COUNTS),
    "tokens": list(_COUNTS),
    "datasets": _up_to(3, DATASETS),
    "licence": list(LICENCES),
    "group": ["", *PARTNERS],
    "partners": _up_to(3, PARTNERS),
    "ancestors": _up_to(2, ("base", "other-base")),
    "words": [" ".join(some) for n in range(4) for some in combinations(SENTENCES, n)],
    "window": list(_windows()),
}  # fmt: skip


def _often_missing(values: list[Any]) -> st.SearchStrategy[Any]:
    """A third of the time the first value, which is "not known"."""
    return st.sampled_from([*[values[0]] * (len(values) // 2), *values])


_DRAWN = st.tuples(*map(_often_missing, _ALL_FIELDS.values()))


def _effort(values: tuple[Any, ...], key: str) -> Effort:
    fields = dict(zip(_ALL_FIELDS, values, strict=True))
    begin, end = fields.pop("window")
    return Effort(key=key, begin=begin, end=end, **fields)


def efforts(key: str = "a") -> st.SearchStrategy[Effort]:
    """One effort, any of its facts missing."""
    return _DRAWN.map(lambda values: _effort(values, key))


def _pair(parts: tuple[Effort, Effort, int]) -> tuple[Effort, Effort]:
    a, b, copied = parts
    for n, fact in enumerate(FACTS):
        if copied >> n & 1:
            b = agree(a, b, fact)
    return a, b


def pairs() -> st.SearchStrategy[tuple[Effort, Effort]]:
    """Two efforts, neither the ancestor of the other, that agree in any number of facts."""
    return st.tuples(efforts("a"), efforts("b"), st.integers(0, 2 ** len(FACTS) - 1)).map(_pair)


def agree(a: Effort, b: Effort, fact: str) -> Effort:
    """`b` with one fact of `a`."""
    return replace(b, **{field: getattr(a, field) for field in FACTS[fact]})

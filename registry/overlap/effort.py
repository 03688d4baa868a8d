"""A model effort as the comparison sees it: its facts, and what it is kin to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, Generic, TypeVar

from registry.overlap.text import Text, text_of
from registry.terms import DOMAINS, TASKS, with_wider

NO_FACTS: frozenset[str] = frozenset()
# Written forms of one language; a corpus that has one of them serves the other.
MACRO_LANGUAGES = {"nb": "no", "nn": "no", "zho": "zh", "cmn": "zh", "deu": "de", "eng": "en"}
# How much is trained: of all of it, down to none of it.
TRAINED: Mapping[str, int] = {
    "from_scratch": 3,
    "continued": 2,
    "finetune": 1,
    "adapter": 1,
    "merged": 0,
    "distilled": 0,
    "quantized": 0,
}
# What these give out is written or spoken in some language.
LINGUISTIC = frozenset({"text", "code", "speech"})
# Parts of a name that say what kind of model it is, not which one.
COMMON_NAMES = frozenset(
    word
    for line in """
    adapter aligned base chat code coder de distil dpo en fine ft gguf gptq instruct it kto large
    latest lora medium mini model moe next open orpo preview pretrained pt quantized sft small
    tiny tuned ultra v vision xl xlm xxl awq hf cuda
    bert bloom clip falcon gemma gpt llama llava llm lm mistral mixtral mpt neo ner olmo opt phi
    qwen roberta speech stable t5 text vit vl vlm whisper modernbert
    dutch english eu euro europe european french german italian multilingual spanish deutsch
    """.strip().splitlines()
    for word in line.split()
)
_WORD = re.compile(r"[A-Z]?[a-zäöüßàâçéèêëîïôûœæñ]+|[A-Z]+(?![a-z])")
_SIZE = re.compile(r"\d+(?:[.,]\d+)?\s*[bmk]\b", re.IGNORECASE)

T = TypeVar("T")


class Derived(Generic[T]):
    """What is worked out of an effort at the first look and kept beside its facts.

    As functools.cached_property, without the lock that one takes until Python 3.12: an effort
    belongs to one thread, and the lock costs more than most of what is worked out.
    """

    def __init__(self, work: Callable[[Any], T]) -> None:
        self.work = work
        self.name = work.__name__
        self.__doc__ = work.__doc__

    def __get__(self, effort: Any, owner: type) -> T:
        value = self.work(effort)
        effort.__dict__[self.name] = value  # found there first from now on
        return value


@dataclass(frozen=True)
class Effort:
    """The facts of one effort; empty or None is "not known".

    `parameters` and `tokens` are counts, `begin` and `end` the days between which it is trained
    or, where only that is known, released. `ancestors` and `successors` are keys of other
    efforts: all that it derives from, closed upwards, and those declared to take its place.
    """

    key: str
    name: str = ""
    modality_in: frozenset[str] = NO_FACTS
    modality_out: frozenset[str] = NO_FACTS
    languages: frozenset[str] = NO_FACTS
    tasks: frozenset[str] = NO_FACTS
    domains: frozenset[str] = NO_FACTS
    training_mode: str = "unknown"
    parameters: int | None = None
    tokens: int | None = None
    datasets: frozenset[str] = NO_FACTS
    licence: str = ""
    begin: date | None = None
    end: date | None = None
    group: str = ""  # who leads it
    partners: frozenset[str] = NO_FACTS  # all organisations that take part
    ancestors: frozenset[str] = NO_FACTS
    successors: frozenset[str] = NO_FACTS
    words: str = field(default="", repr=False)  # title, purpose, abstract, intended users

    @Derived
    def spoken(self) -> frozenset[str]:
        """Its languages, each written form of one counted as that one."""
        return frozenset(MACRO_LANGUAGES.get(code, code) for code in self.languages)

    @Derived
    def has_language(self) -> bool:
        """Whether languages say anything about it."""
        linguistic = (self.modality_out | self.modality_in) & LINGUISTIC
        return bool(self.languages or linguistic or not self.modality_out)

    @Derived
    def window(self) -> tuple[date, date] | None:
        """First and last day; None if no day is known."""
        days = [day for day in (self.begin, self.end) if day is not None]
        return (min(days), max(days)) if days else None

    @Derived
    def wider_tasks(self) -> dict[str, frozenset[str]]:
        """Each task with the wider words above it."""
        return {word: _wider(word) for word in self.tasks}

    @Derived
    def wider_domains(self) -> frozenset[str]:
        """The domains and all that they belong to; the open domain is none."""
        return frozenset(with_wider(self.domains, DOMAINS)) - {"open-domain"}

    @Derived
    def name_parts(self) -> frozenset[str]:
        """The words of the name that tell it from other efforts: Teuken of Teuken-7B-base-v0.4."""
        parts = _WORD.findall(_SIZE.sub(" ", self.name))
        return frozenset(part.lower() for part in parts if len(part) > 2) - COMMON_NAMES

    @Derived
    def text(self) -> Text:
        """Its words, German ones in English, counted for comparison."""
        return text_of(self.words)


@lru_cache(maxsize=4096)
def _wider(task: str) -> frozenset[str]:
    return frozenset(with_wider([task], TASKS))


def facts(words: Iterable[str] | None) -> frozenset[str]:
    """A set of facts out of a list that may be missing."""
    return frozenset(words or ())

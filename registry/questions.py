"""What a question such as “who can do German medical speech?” asks for, in controlled words."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from registry.languages import NAMES
from registry.terms import DOMAINS, SAME, TASKS

LONGEST = 5  # words of a label
LEAST_STEM = 5  # letters of a word whose ending may differ
MOST_ENDING = 3
MOST_WORDS = 40
# Words that ask and name nothing.
_FILLING = frozenset({
    "who", "can", "do", "does", "knows", "know", "what", "which", "group", "groups", "work",
    "works", "with", "on", "in", "of", "for", "and", "or", "the", "a", "an", "to", "is", "are",
    "model", "models", "ai", "ki", "wer", "kann", "kennt", "macht", "was", "welche", "gruppe",
    "gruppen", "arbeitet", "mit", "auf", "fur", "und", "oder", "der", "die", "das", "den", "dem",
    "ein", "eine", "zu", "ist", "sind", "modell", "modelle", "sich", "aus",
})  # fmt: skip
# How people say a task or a domain that has another word here.
_SAID = {
    "medical": "health", "medicine": "health", "medizin": "health", "medizinisch": "health",
    "clinical": "clinical-documentation", "klinisch": "clinical-documentation",
    "hospital": "health", "krankenhaus": "health", "legal": "law", "juristisch": "law",
    "rechtlich": "law", "government": "administration", "verwaltung": "administration",
    "behorde": "administration", "public sector": "administration", "steuer": "tax",
    "transcription": "speech-recognition", "transkription": "speech-recognition",
    "dictation": "speech-recognition", "diktat": "speech-recognition", "voice": "speech",
    "audio": "speech", "stimme": "speech", "llm": "text-generation", "gpt": "text-generation",
    "chatbot": "chat", "dialog": "chat", "programming": "code", "programmieren": "code",
    "image": "vision", "images": "vision", "bild": "vision", "bilder": "vision",
    "video": "vision", "search": "retrieval", "suche": "retrieval", "rag": "retrieval",
    "time series": "forecasting", "zeitreihen": "forecasting", "school": "education",
    "schule": "education", "bank": "finance", "climate": "environment", "klima": "environment",
    "protein": "protein-embedding", "satellite": "earth-observation",
    "satelliten": "earth-observation", "easy language": "plain-language",
    "leichte sprache": "plain-language", "einfache sprache": "plain-language",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for; `rest` are the words that are none of ours."""

    languages: list[str] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)
    domains: list[str] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)

    @property
    def facets(self) -> list[tuple[str, str]]:
        """Each controlled word with the field it belongs to."""
        return [
            (name, word)
            for name in ("languages", "tasks", "domains")
            for word in getattr(self, name)
        ]


def understood(text: str) -> Question:
    """The languages, tasks and domains that a text names in English or German, in any order.

    The longest label wins, so that “speech recognition” is not “speech”; an ending of up to three
    letters may differ, as German adjectives and plurals do.
    """
    words = _plain(text).split()[:MOST_WORDS]
    asked = Question()
    place = 0
    while place < len(words):
        for length in range(min(LONGEST, len(words) - place), 0, -1):
            found = _meant(" ".join(words[place : place + length]))
            if found:
                name, word = found
                into: list[str] = getattr(asked, name)
                if word not in into:
                    into.append(word)
                place += length
                break
        else:
            if words[place] not in _FILLING and len(words[place]) > 1:
                asked.rest.append(words[place])
            place += 1
    return asked


def _meant(said: str) -> tuple[str, str] | None:
    labels = _labels()
    for shorter in range(MOST_ENDING + 1):
        stem = said[: len(said) - shorter]
        if shorter and len(stem) < LEAST_STEM:
            return None
        if stem in labels:
            return labels[stem]
    return None


@cache
def _labels() -> dict[str, tuple[str, str]]:
    """Every label in both languages, and what else people say, with its field and word."""
    found: dict[str, tuple[str, str]] = {}
    for table, name in ((DOMAINS, "domains"), (TASKS, "tasks")):
        for word, term in table.items():
            for label in (word.replace("-", " "), *_parts(term.en), *_parts(term.de)):
                found[_plain(label)] = (name, word)
    for code, names in NAMES.items():
        for label in names:
            found[_plain(label.replace("_", " "))] = ("languages", code)
    for said, word in {**SAME, **_SAID}.items():
        table_of = "tasks" if word in TASKS else "domains"
        found[_plain(said.replace("-", " "))] = (table_of, word)
    return found


def _parts(label: str) -> Iterator[str]:
    """A label of two things is found by either, “law and justice” by both."""
    yield label
    for joint in (" and ", " und "):
        if joint in label:
            yield from label.split(joint)


def _plain(text: str) -> str:
    """Small letters without accents; what is no letter or digit parts words."""
    flat = unicodedata.normalize("NFKD", text.casefold())
    letters = (char for char in flat if not unicodedata.combining(char))
    return " ".join("".join(char if char.isalnum() else " " for char in letters).split())

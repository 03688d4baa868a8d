"""The vocabulary: words in two languages, in a tree, found in spite of typing errors."""

from __future__ import annotations

from graphlib import TopologicalSorter

import pytest

from projects.models import Group
from registry.languages import EU, NAMES, language_name
from registry.terms import DOMAINS, SAME, TASKS, Term, nearest, same_word, with_wider
from registry.vocabulary import LANGUAGE, TERM
from tests import make
from tests.conftest import Caller

TABLES = [pytest.param(TASKS, id="tasks"), pytest.param(DOMAINS, id="domains")]


@pytest.mark.parametrize("table", TABLES)
def test_every_word_has_english_and_german(table: dict[str, Term]) -> None:
    assert [word for word, term in table.items() if not (term.en and term.de)] == []


@pytest.mark.parametrize("table", TABLES)
def test_every_word_can_be_stored(table: dict[str, Term]) -> None:
    assert [word for word in table if not TERM.match(word)] == []


@pytest.mark.parametrize("table", TABLES)
def test_every_wider_word_is_a_word(table: dict[str, Term]) -> None:
    assert {term.parent for term in table.values() if term.parent} <= set(table)


@pytest.mark.parametrize("table", TABLES)
def test_no_word_is_wider_than_itself(table: dict[str, Term]) -> None:
    graph = {word: [term.parent] for word, term in table.items() if term.parent}

    assert list(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("language", ["en", "de"])
def test_no_two_words_read_the_same(table: dict[str, Term], language: str) -> None:
    labels = [term.label(language) for term in table.values()]

    assert len(labels) == len(set(labels))


def test_people_read_a_word_in_their_language() -> None:
    term = TASKS["speech-recognition"]

    assert [term.label(code) for code in ("de", "de-at", "en", "fr")] == [
        "Spracherkennung", "Spracherkennung", "speech recognition", "speech recognition"
    ]  # fmt: skip


def test_other_spellings_mean_a_word_of_the_vocabulary() -> None:
    assert set(SAME.values()) <= set(TASKS) | set(DOMAINS)
    assert not set(SAME) & (set(TASKS) | set(DOMAINS))


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("ASR", "speech-recognition"), ("automatic speech recognition", "speech-recognition"),
        ("Text Generation", "text-generation"), ("text_generation", "text-generation"),
        ("chat", "chat"), ("unheard of", "unheard-of"),
    ],
)  # fmt: skip
def test_what_others_write_is_the_same_word(written: str, word: str) -> None:
    assert same_word(written) == word


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("speach-recognition", "speech-recognition"), ("summarisation", "summarization"),
        ("transl", "translation"), ("code-gen", "code-generation"),
    ],
)  # fmt: skip
def test_a_typing_error_is_understood(typed: str, meant: str) -> None:
    assert meant in nearest(typed, TASKS)


def test_what_is_like_no_word_suggests_none() -> None:
    assert nearest("qqqqqqqq", TASKS) == []


def test_wider_words_follow_once_each() -> None:
    assert with_wider(["chat", "translation"], TASKS) == ["chat", "text-generation", "translation"]


def test_a_word_of_nobody_has_no_wider_one() -> None:
    assert with_wider(["unheard-of"], TASKS) == ["unheard-of"]


def test_every_language_has_two_names() -> None:
    assert all(LANGUAGE.match(code) and all(names) for code, names in NAMES.items())
    assert set(EU) <= set(NAMES)
    assert len(EU) == 24


def test_a_language_is_called_by_its_name_or_else_its_code() -> None:
    assert language_name("frr", "de") == "Nordfriesisch"
    assert language_name("frr", "en") == "North Frisian"
    assert language_name("xxx", "en") == "xxx"


@pytest.mark.parametrize(
    ("field", "typed", "meant"),
    [("tasks", "speach-recognition", "speech-recognition"), ("domains", "helth", "health")],
)
def test_a_refused_word_names_the_nearest(
    member: Caller, group: Group, field: str, typed: str, meant: str
) -> None:
    refused = member.post("models/", {"name": "X", "group": str(group.pk), field: [typed]})

    assert (refused.status_code, list(refused.json()["errors"])) == (400, [field])
    assert meant in refused.json()["detail"]


def test_another_spelling_is_stored_as_the_word(member: Caller, group: Group) -> None:
    made = member.post("models/", {"name": "X", "group": str(group.pk), "tasks": ["asr"]})

    assert made.json()["tasks"] == ["speech-recognition"]


def test_a_stranger_is_told_no_word_of_ours(stranger: Caller, group: Group) -> None:
    body = {"name": make.key(), "group": str(group.pk), "tasks": ["speach-recognition"]}

    assert stranger.post("models/", body).status_code == 403

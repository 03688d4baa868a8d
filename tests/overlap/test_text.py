"""Likeness of texts across German and English, by a glossary and without anything outside."""

from __future__ import annotations

import json
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dev.overlap.german import TEXTS
from dev.overlap.judged import public_efforts
from registry.overlap.text import (
    MOST_WORDS,
    common_words,
    counted_words,
    empty_words,
    glossary,
    in_english,
    likeness,
    searched_words,
    text_of,
    words_in,
)
from tests.overlap.efforts import SENTENCES

TRANSLATED = (
    (
        "Ein großes Sprachmodell für die öffentliche Verwaltung, das Bescheide in Leichter"
        " Sprache schreibt.",
        "A large language model for public administration that writes notices in easy language.",
    ),
    (
        "Erkennung von Tumoren in Röntgenbildern der Radiologie.",
        "Detection of tumours in X-ray images in radiology.",
    ),
    (
        "Vorhersage der Stromerzeugung aus Windkraft und Sonne im Stromnetz.",
        "Forecast of power generation from wind and solar in the power grid.",
    ),
    (
        "Spracherkennung für Dialekte in Telefongesprächen der Kommunen.",
        "Speech recognition for dialects in telephone calls of municipalities.",
    ),
    (
        "Ein neuronales Netz übersetzt Gesetze und Verträge vom Deutschen ins Polnische.",
        "A neural network translates laws and contracts from German to Polish.",
    ),
)
written = st.lists(st.sampled_from([*SENTENCES, *sum(TRANSLATED, ()), "42", "Ärztin"])).map(
    " ".join
)
quick = settings(max_examples=60, deadline=None)


def _alike(one: str, other: str) -> float:
    return likeness(text_of(one), text_of(other))


# Two languages.


@pytest.mark.parametrize(("german", "english"), TRANSLATED)
def test_a_translation_is_more_alike_than_any_unrelated_sentence(
    german: str, english: str
) -> None:
    unrelated = [text for pair in TRANSLATED if english not in pair for text in pair]
    assert _alike(german, english) > 2 * max(_alike(german, text) for text in unrelated)


def test_nine_in_ten_german_descriptions_are_nearest_to_their_originals() -> None:
    german = json.loads(TEXTS.read_text(encoding="utf-8"))
    efforts = public_efforts()
    found = [
        name == max(german, key=lambda other: likeness(text_of(text), efforts[other].text))
        for name, text in german.items()
    ]
    assert sum(found) >= 0.9 * len(found)


@pytest.mark.parametrize(
    ("word", "english"),
    [
        ("verwaltungssprachmodell", ["administration", "language", "model"]),
        ("übersetzungsmodell", ["translation", "model"]),
        ("gesundheitsdaten", ["health", "data"]),
        ("trainingsdatensatz", ["training", "dataset"]),
        ("ki-verordnung", ["ai", "act"]),
    ],
)
def test_a_compound_word_is_both_its_parts(word: str, english: list[str]) -> None:
    assert in_english(word) == english


@pytest.mark.parametrize(
    ("word", "plain"),
    [
        ("sprachmodellen", "sprachmodell"),
        ("modelle", "modell"),
        ("rechnungen", "rechnung"),
        ("künstliche", "künstlich"),
        ("künstlichen", "künstlich"),
    ],
)
def test_a_word_with_an_ending_is_the_word(word: str, plain: str) -> None:
    assert in_english(word) == in_english(plain) != [word]


@pytest.mark.parametrize("word", ["grid", "robotics", "zzyzx"])
def test_a_word_that_no_glossary_knows_stays(word: str) -> None:
    assert in_english(word) == [word]


def test_an_unknown_word_with_hyphens_is_its_parts() -> None:
    assert in_english("open-source") == ["open", "source"]


@pytest.mark.parametrize(
    ("one", "other"), [("models", "model"), ("policies", "policy"), ("training", "trains")]
)
def test_english_endings_do_not_matter(one: str, other: str) -> None:
    assert list(counted_words(one)) == list(counted_words(other))


def test_a_search_looks_for_the_word_as_it_stands_and_in_english_once_each() -> None:
    assert searched_words("Sprachmodell, Sprachmodell") == ["sprachmodell", "language", "model"]


# The shipped lists.


def test_the_glossary_has_between_400_and_800_entries() -> None:
    assert 400 <= len(glossary()) <= 800


def test_both_sides_of_each_entry_are_said_in_small_letters() -> None:
    wrong = {
        german: english
        for german, english in glossary().items()
        if not german or not english or (german, *english) != _small(german, *english)
    }
    assert wrong == {}


def _small(*words: str) -> tuple[str, ...]:
    return tuple(word.lower() for word in words)


def test_the_german_of_each_entry_is_one_word_that_a_text_can_hold() -> None:
    assert [word for word in glossary() if words_in(word) not in ([word], [])] == []


def test_no_german_word_of_the_glossary_is_passed_over_as_empty() -> None:
    assert set(glossary()) & empty_words() == set()


def test_each_common_word_says_something() -> None:
    assert min(common_words().values()) > 0


# What likeness is.


@quick
@given(one=written, other=written)
def test_likeness_lies_between_0_and_1_and_is_the_same_both_ways(one: str, other: str) -> None:
    found = _alike(one, other)
    assert -1e-9 <= found <= 1 + 1e-9
    assert found == pytest.approx(_alike(other, one))


@quick
@given(text=written.filter(lambda text: bool(text_of(text))))
def test_a_text_is_wholly_like_itself(text: str) -> None:
    assert _alike(text, text) == pytest.approx(1)


@pytest.mark.parametrize("text", ["", "   ", "und der die", "42 7 !?", "\n"])
def test_a_text_without_words_of_its_own_is_like_nothing(text: str) -> None:
    assert _alike(text, TRANSLATED[0][1]) == 0


@pytest.mark.parametrize("text", ["", "A model.", "Ein Sprachmodell"])
def test_too_few_words_are_no_text(text: str) -> None:
    assert not text_of(text)


def test_large_letters_and_order_do_not_matter() -> None:
    assert _alike("Tax law of Poland", "POLAND: LAW, TAX") == pytest.approx(1)


def test_the_words_after_the_first_300_do_not_count() -> None:
    long = " ".join(f"word{n}" for n in range(MOST_WORDS))
    assert words_in(f"{long} beyond") == words_in(long)


# Nothing outside.


def test_reading_texts_opens_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_more: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    for lists in (glossary, common_words, empty_words):
        lists.cache_clear()
    assert _alike(*TRANSLATED[0]) > 0.5


@quick
@given(between=st.lists(written, max_size=5))
def test_what_was_read_in_between_does_not_matter(between: list[str]) -> None:
    before = _alike(*TRANSLATED[1])
    for text in between:
        text_of(text)
    assert _alike(*TRANSLATED[1]) == before

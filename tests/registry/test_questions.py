"""What a question in people's words asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.languages import NAMES
from registry.questions import understood
from registry.terms import DOMAINS, TASKS


@pytest.mark.parametrize(
    ("text", "facets"),
    [
        ("Who can do German medical speech?", {"de", "health", "speech"}),
        (
            "Wer kann deutsche medizinische Spracherkennung?",
            {"de", "health", "speech-recognition"},
        ),
        ("speech recognition in Czech and Polish", {"speech-recognition", "cs", "pl"}),
        ("Leichte Sprache für die Verwaltung", {"plain-language", "administration"}),
        ("öffentliche Verwaltung", {"administration"}),
        ("legal translation", {"law", "translation"}),
        ("Übersetzungen aus dem Ukrainischen", {"translation", "uk"}),
        ("radiology", {"radiology"}),
        ("ASR", {"speech-recognition"}),
        ("code", {"code"}),
        ("OBJECT-DETECTION", {"object-detection"}),
    ],
)
def test_it_is_read_in_both_languages(text: str, facets: set[str]) -> None:
    assert {word for _name, word in understood(text).facets} == facets


def test_what_is_none_of_our_words_is_kept_apart() -> None:
    asked = understood("Who can do German whale songs?")
    assert (asked.languages, asked.rest) == (["de"], ["whale", "songs"])


def test_a_short_word_is_not_taken_for_another() -> None:
    assert understood("card cards taxi").facets == []


@pytest.mark.parametrize("text", ["", "   ", "?!", "who can do the", "\0"])
def test_nothing_asks_for_nothing(text: str) -> None:
    assert understood(text).facets == []


@given(st.text(max_size=400))
def test_any_text_is_read(text: str) -> None:
    asked = understood(text)
    assert set(asked.languages) <= set(NAMES)
    assert set(asked.tasks) <= set(TASKS)
    assert set(asked.domains) <= set(DOMAINS)


@pytest.mark.parametrize("place", [0, 1])
def test_every_label_of_ours_is_understood(place: int) -> None:
    for table, name in ((TASKS, "tasks"), (DOMAINS, "domains")):
        for term in table.values():
            label = (term.en, term.de)[place]
            assert understood(label).facets, (name, label)

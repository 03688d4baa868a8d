"""Reasons in words for people."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils import translation

from compute.models.words import WORDS, reason_in_words

SOURCES = Path(__file__).parents[2] / "compute" / "sync"


@pytest.mark.parametrize("reason", WORDS)
def test_every_reason_is_a_sentence_in_english(reason: str) -> None:
    with translation.override("en"):
        said = reason_in_words(reason)
    assert said[0].isupper()
    assert said.endswith(".")


def test_a_reason_that_has_no_words_stays_as_the_cluster_said_it() -> None:
    assert reason_in_words("QOSMaxWallDurationPerJobLimit") == "QOSMaxWallDurationPerJobLimit"


def test_no_reason_is_no_words() -> None:
    assert reason_in_words("") == ""


def test_what_a_cluster_said_is_kept_inside_our_words() -> None:
    with translation.override("en"):
        assert "timed out" in reason_in_words("Unanswered: timed out")
        assert "8 instead of 1" in reason_in_words("NotAsAsked: 8 instead of 1")


@pytest.mark.parametrize("reason", ["50% done", "%(what)s", "Unanswered: 100%s", "<b>x</b>"])
def test_what_a_cluster_says_is_never_taken_for_a_pattern(reason: str) -> None:
    assert reason.rpartition(": ")[2] in reason_in_words(reason)


def test_every_word_that_sync_writes_has_a_sentence() -> None:
    texts = "".join(path.read_text() for path in SOURCES.glob("*.py"))
    written = set(re.findall(r'(?:reason|detail)="([A-Z]\w+)"', texts))
    assert written
    assert written <= set(WORDS)

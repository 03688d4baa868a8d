"""The ways in which journeys are walked in every run cover all pairs of values."""

from __future__ import annotations

import itertools
from typing import Any

from tests.browser.journeys.ways import ALL, PAIRWISE, Way


def _pairs(ways: tuple[Way, ...]) -> set[Any]:
    named = [list(enumerate(way[:4])) for way in ways]
    return {pair for values in named for pair in itertools.combinations(values, 2)}


def test_every_two_values_meet_in_one_of_the_short_ways() -> None:
    assert _pairs(PAIRWISE) == _pairs(ALL)

"""In which ways journeys are walked: language, input, width and scheme of a browser."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import pytest

LANGUAGES, INPUTS = ("en", "de"), ("mouse", "keys")
WIDTHS, SCHEMES = (360, 1280, 1920), ("light", "dark")


class Way(NamedTuple):
    """One browser and what moves it."""

    language: str
    by: str
    width: int
    scheme: str
    with_scripts: bool = True

    @property
    def options(self) -> dict[str, Any]:
        """As playwright's contexts take them."""
        return {
            "viewport": {"width": self.width, "height": 900},
            "color_scheme": self.scheme,
            "locale": {"en": "en-US", "de": "de-DE"}[self.language],
            "java_script_enabled": self.with_scripts,
        }

    def __str__(self) -> str:
        scripts = "" if self.with_scripts else "-without-scripts"
        return f"{self.language}-{self.by}-{self.width}-{self.scheme}{scripts}"


ALL = tuple(Way(*values) for values in itertools.product(LANGUAGES, INPUTS, WIDTHS, SCHEMES))
# Every two values of different kinds meet in one of these.
PAIRWISE = (
    Way("en", "mouse", 360, "light"),
    Way("de", "keys", 360, "dark"),
    Way("en", "keys", 1280, "dark"),
    Way("de", "mouse", 1280, "light"),
    Way("en", "mouse", 1920, "dark"),
    Way("de", "keys", 1920, "light"),
)
WITHOUT_SCRIPTS = (
    Way("en", "mouse", 1280, "light", with_scripts=False),
    Way("de", "mouse", 360, "dark", with_scripts=False),
)


def walked(turn: int) -> pytest.MarkDecorator:
    """A journey in one of the pairwise ways and once without scripts; in all of them at length."""
    short = {PAIRWISE[turn % len(PAIRWISE)], WITHOUT_SCRIPTS[turn % 2]}
    ways = [
        pytest.param(way, id=str(way), marks=() if way in short else pytest.mark.long)
        for way in (*ALL, *WITHOUT_SCRIPTS)
    ]
    return pytest.mark.parametrize("way", ways)

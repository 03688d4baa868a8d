"""The countries' outlines as they are drawn."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("europe.json")

# So far beyond the frame countries are drawn, so that no line shows along its edge.
BLEED = 5


@cache
def outlines() -> tuple[tuple[str, str], ...]:
    """Code (ISO 3166-1 alpha-2; XK for Kosovo) and SVG path of each country on the map."""
    countries = json.loads(FILE.read_text(encoding="utf-8"))["countries"]
    return tuple((country["code"], country["path"]) for country in countries)

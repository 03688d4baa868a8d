"""Where in Europe something is: the map's projection, its outlines, and cities by name."""

from __future__ import annotations

from projects.geography.places import ATTRIBUTION, place_of
from projects.geography.projection import HEIGHT, WIDTH, is_on_map, project
from projects.geography.shapes import BLEED, outlines

__all__ = [
    "ATTRIBUTION",
    "BLEED",
    "HEIGHT",
    "WIDTH",
    "is_on_map",
    "outlines",
    "place_of",
    "project",
]

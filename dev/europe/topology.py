"""TopoJSON decoded: arcs that neighbours share, and rings made of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

Point = tuple[float, float]
Ring = list[int]  # numbers of arcs; ~n is arc n backwards


@dataclass
class Country:
    """A country's number and name in the atlas, and its polygons: outer ring first, then holes."""

    number: str
    name: str
    polygons: list[list[Ring]] = field(default_factory=list)


def arcs(topology: Any) -> list[list[Point]]:
    """The arcs as longitude and latitude."""
    (scale_x, scale_y), (left, bottom) = (topology["transform"][k] for k in ("scale", "translate"))
    decoded = []
    for steps in topology["arcs"]:
        xs = accumulate(step[0] for step in steps)
        ys = accumulate(step[1] for step in steps)
        decoded.append(
            [(x * scale_x + left, y * scale_y + bottom) for x, y in zip(xs, ys, strict=True)]
        )
    return decoded


def countries(topology: Any) -> list[Country]:
    """The atlas's countries in its order."""
    return [
        Country(
            number=geometry.get("id", ""),
            name=geometry["properties"]["name"],
            polygons=geometry["arcs"]
            if geometry["type"] == "MultiPolygon"
            else [geometry["arcs"]],
        )
        for geometry in topology["objects"]["countries"]["geometries"]
    ]


def points(ring: Ring, lines: list[list[Any]]) -> list[Any]:
    """The ring's points in turn, without the last that repeats the first."""
    joined: list[Any] = []
    for number in ring:
        line = lines[number] if number >= 0 else lines[~number][::-1]
        joined += line[:-1]
    return joined


def merged(rings: list[Ring], lines: list[list[Point]]) -> list[Ring]:
    """The rings around the same area, without borders that two of them share."""
    used = {number for ring in rings for number in ring}
    inner = {number for number in used if ~number in used}
    whole = [ring for ring in rings if not inner.intersection(ring)]
    loose = [n for ring in rings if inner.intersection(ring) for n in ring if n not in inner]
    return whole + _stitched(loose, lines)


def _stitched(loose: list[int], lines: list[list[Point]]) -> list[Ring]:
    rings = []
    while loose:
        ring = [loose.pop(0)]
        while _end(ring[-1], lines) != _end(~ring[0], lines):
            here = _end(ring[-1], lines)
            following = next(number for number in loose if _end(~number, lines) == here)
            loose.remove(following)
            ring.append(following)
        rings.append(ring)
    return rings


def _end(number: int, lines: list[list[Point]]) -> Point:
    return lines[number][-1] if number >= 0 else lines[~number][0]

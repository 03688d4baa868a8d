"""The countries as paths: projected, simplified, merged, cut to the frame, written compactly."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

from dev.europe import topology
from dev.europe.clip import area, clipped
from dev.europe.countries import rings_by_code
from dev.europe.simplify import Grid, simplified
from dev.europe.topology import Point, Ring
from projects.geography.projection import HEIGHT, WIDTH, project
from projects.geography.shapes import BLEED

CORNER = 0.95  # the least triangle worth a point, in square units of the map
ISLET = 3  # the least island that is drawn; 48 square kilometres
BOX = (-BLEED * 10, -BLEED * 10, (WIDTH + BLEED) * 10, (HEIGHT + BLEED) * 10)


def text(atlas: Any) -> str:
    """The data file's content, one country a line."""
    lines = topology.arcs(atlas)
    rings = rings_by_code(topology.countries(atlas), lines)
    rings = {code: topology.merged(rings[code], lines) for code in sorted(rings)}
    drawn = _drawn(lines, rings)
    paths = {code: _path(rings[code], drawn) for code in rings}
    countries = [{"code": code, "path": path} for code, path in paths.items() if path]
    rows = ",\n".join(json.dumps(country, separators=(",", ":")) for country in countries)
    return f'{{"width":{WIDTH},"height":{HEIGHT},"countries":[\n{rows}\n]}}\n'


def _drawn(lines: list[list[Point]], rings: dict[str, list[Ring]]) -> list[list[Grid]]:
    """Each line on the map; those that nobody needs are empty."""
    used = {max(n, ~n) for some in rings.values() for ring in some for n in ring}
    needed = sorted(used)
    projected = [[project(y, x) for x, y in lines[number]] for number in needed]
    result: list[list[Grid]] = [[] for _ in lines]
    for number, line in zip(needed, simplified(projected, CORNER), strict=True):
        result[number] = line
    return result


def _path(rings: list[Ring], drawn: list[list[Grid]]) -> str:
    parts = [clipped(topology.points(ring, drawn), BOX) for ring in rings]
    worth = [part for part in parts if area(part) >= ISLET * 100]
    return "".join(_written(part) for part in sorted(worth, key=area, reverse=True))


def _written(ring: list[Grid]) -> str:
    """An absolute start, then steps."""
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(ring)]
    return f"M{_numbers([ring[0]])}l{_numbers(steps)}z"


def _numbers(pairs: list[Grid]) -> str:
    """Tenths as decimals; a minus sign separates as well as a space."""
    words = [_decimal(tenths) for pair in pairs for tenths in pair]
    return " ".join(words).replace(" -", "-")


def _decimal(tenths: int) -> str:
    whole, rest = divmod(abs(tenths), 10)
    digits = f"{whole or ''}.{rest}" if rest else str(whole)
    return f"-{digits}" if tenths < 0 else digits

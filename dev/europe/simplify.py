"""Fewer points for the same line, by Visvalingam and Whyatt, and never a line across another."""

from __future__ import annotations

import heapq
from collections import defaultdict
from itertools import combinations, pairwise

from dev.europe.topology import Point

Grid = tuple[int, int]  # a point in tenths of the map's units
CELL = 50


def simplified(lines: list[list[Point]], area: float) -> list[list[Grid]]:
    """The lines on the grid, without corners whose triangle is smaller than ``area``.

    Ends stay where they are, so what met still meets. Lines that would cross keep more points.
    """
    areas = [area] * len(lines)
    result = [_on_grid(_reduced(line, area)) for line in lines]
    for _ in range(12):
        wrong = crossing(result)
        if not wrong:
            return result
        for number in wrong:
            areas[number] /= 2
            result[number] = _on_grid(_reduced(lines[number], areas[number]))
    raise ValueError(f"lines {sorted(wrong)} cross however finely they are drawn")


def _reduced(line: list[Point], area: float) -> list[Point]:
    """The line without its flattest corners; a closed one keeps three."""
    least = 4 if line[0] == line[-1] else 2
    before, after = list(range(-1, len(line) - 1)), list(range(1, len(line) + 1))
    size = [0.0, *(triangle(*line[i - 1 : i + 2]) for i in range(1, len(line) - 1)), 0.0]
    heap = [(size[i], i) for i in range(1, len(line) - 1)]
    heapq.heapify(heap)
    gone: set[int] = set()
    while heap and heap[0][0] < area and len(line) - len(gone) > least:
        least_area, i = heapq.heappop(heap)
        if i in gone or least_area != size[i]:
            continue
        gone.add(i)
        after[before[i]], before[after[i]] = after[i], before[i]
        for j in (before[i], after[i]):
            if 0 < j < len(line) - 1:
                size[j] = max(triangle(line[before[j]], line[j], line[after[j]]), least_area)
                heapq.heappush(heap, (size[j], j))
    return [point for i, point in enumerate(line) if i not in gone]


def triangle(a: Point, b: Point, c: Point) -> float:
    """The area between three points."""
    return abs((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])) / 2


def _on_grid(line: list[Point]) -> list[Grid]:
    rounded = [(round(x * 10), round(y * 10)) for x, y in line]
    return [rounded[0], *(b for a, b in pairwise(rounded) if a != b)]


def crossing(lines: list[list[Grid]]) -> set[int]:
    """The numbers of lines that cross another one or themselves."""
    cells = defaultdict(list)
    for number, line in enumerate(lines):
        for a, b in pairwise(line):
            for cell in _cells(a, b):
                cells[cell].append((number, a, b))
    wrong: set[int] = set()
    for near in cells.values():
        for (one, a, b), (other, c, d) in combinations(near, 2):
            if _cross(a, b, c, d):
                wrong |= {one, other}
    return wrong


def _cells(a: Grid, b: Grid) -> list[Grid]:
    left, right = sorted((a[0] // CELL, b[0] // CELL))
    top, bottom = sorted((a[1] // CELL, b[1] // CELL))
    return [(x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)]


def _cross(a: Grid, b: Grid, c: Grid, d: Grid) -> bool:
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0


def _side(a: Grid, b: Grid, c: Grid) -> int:
    return (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])

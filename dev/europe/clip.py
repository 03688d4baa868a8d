"""Cuts rings to a rectangle, by Sutherland and Hodgman."""

from __future__ import annotations

from dev.europe.simplify import Grid

Box = tuple[int, int, int, int]


def clipped(ring: list[Grid], box: Box) -> list[Grid]:
    """The part of the ring within left, top, right and bottom; it may run along the box's edge."""
    left, top, right, bottom = box
    for axis, limit, sign in ((0, left, 1), (0, right, -1), (1, top, 1), (1, bottom, -1)):
        ring = _cut(ring, axis, limit, sign)
    return [point for i, point in enumerate(ring) if point != ring[i - 1]]


def area(ring: list[Grid]) -> float:
    """The area of a ring, whichever way round it goes."""
    return (
        abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, _turned(ring), strict=True))) / 2
    )


def _cut(ring: list[Grid], axis: int, limit: int, sign: int) -> list[Grid]:
    kept = []
    for a, b in zip(ring, _turned(ring), strict=True):
        inside = [(point[axis] - limit) * sign >= 0 for point in (a, b)]
        if inside[0]:
            kept.append(a)
        if inside[0] != inside[1]:
            kept.append(_where(a, b, axis, limit))
    return kept


def _where(a: Grid, b: Grid, axis: int, limit: int) -> Grid:
    """Where a line meets the limit; the same point from both ends."""
    a, b = sorted((a, b))
    share = (limit - a[axis]) / (b[axis] - a[axis])
    other = round(a[1 - axis] + share * (b[1 - axis] - a[1 - axis]))
    return (limit, other) if axis == 0 else (other, limit)


def _turned(ring: list[Grid]) -> list[Grid]:
    return ring[1:] + ring[:1]

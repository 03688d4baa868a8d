"""The map's making: what is decoded, merged, thinned and cut."""

from __future__ import annotations

import pytest

from dev.europe import clip, simplify, topology

TWO_SQUARES = {
    "transform": {"scale": [0.5, 2], "translate": [10, 20]},
    "arcs": [
        [[2, 0], [0, 2]],  # the border between them, upwards
        [[2, 2], [-2, 0], [0, -2], [2, 0]],  # around the left one
        [[2, 0], [2, 0], [0, 2], [-2, 0]],  # around the right one
    ],
}
LEFT, RIGHT = [0, 1], [2, ~0]


def test_arcs_are_decoded() -> None:
    assert topology.arcs(TWO_SQUARES)[1] == [(11, 24), (10, 24), (10, 20), (11, 20)]


def test_a_ring_is_joined_forwards_and_backwards() -> None:
    lines = topology.arcs(TWO_SQUARES)
    assert topology.points(RIGHT, lines) == [(11, 20), (12, 20), (12, 24), (11, 24)]


def test_neighbours_merge_without_their_border() -> None:
    lines = topology.arcs(TWO_SQUARES)
    (ring,) = topology.merged([LEFT, RIGHT], lines)
    assert sorted(ring) == [1, 2]
    assert topology.merged([LEFT], lines) == [LEFT]


def test_small_corners_go_and_ends_stay() -> None:
    line = [(0.0, 0.0), (1.0, 0.1), (2.0, 0.0), (3.0, 5.0), (4.0, 0.0)]
    assert simplify.simplified([line], 1.0) == [[(0, 0), (20, 0), (30, 50), (40, 0)]]


def test_a_small_ring_keeps_three_corners() -> None:
    ring = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0)]
    (thinned,) = simplify.simplified([ring], 100.0)
    assert len(thinned) == 4
    assert thinned[0] == thinned[-1]


def test_lines_that_would_cross_keep_their_corners() -> None:
    bay = [(0.0, 0.0), (5.0, 4.0), (10.0, 0.0)]
    islet = [(5.0, 1.0), (5.0, 3.0)]
    straight = [[(0, 0), (100, 0)], [(50, -10), (50, 30)]]
    assert simplify.crossing(straight) == {0, 1}
    assert simplify.simplified([bay, [(5.0, -1.0), (5.0, 3.0)]], 30.0)[0] == [
        (0, 0),
        (50, 40),
        (100, 0),
    ]
    assert simplify.simplified([bay, islet], 30.0)[0] == [(0, 0), (100, 0)]


def test_lines_that_cross_by_nature_are_refused() -> None:
    with pytest.raises(ValueError, match="cross"):
        simplify.simplified([[(0.0, 0.0), (2.0, 2.0)], [(0.0, 2.0), (2.0, 0.0)]], 1.0)


def test_a_ring_is_cut_to_the_box() -> None:
    diamond = [(50, -50), (150, 50), (50, 150), (-50, 50)]
    assert sorted(clip.clipped(diamond, (0, 0, 100, 100))) == [
        *((0, 0), (0, 100)),
        *((100, 0), (100, 100)),
    ]
    assert clip.area(diamond) == 20_000


def test_neighbours_are_cut_at_the_same_point() -> None:
    box = (0, 0, 100, 100)
    upper = clip.clipped([(0, 0), (133, 0), (133, 77), (0, 31)], box)
    lower = clip.clipped([(0, 31), (133, 77), (133, 133), (0, 133)], box)
    assert [point for point in upper if point in lower] == [(100, 66), (0, 31)]


def test_what_lies_outside_is_gone() -> None:
    assert clip.clipped([(200, 0), (300, 0), (300, 50)], (0, 0, 100, 100)) == []

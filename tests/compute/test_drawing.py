"""Where the columns of a drawing stand."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from compute.drawing import BOTTOM, HEIGHT, TOP, Month, draw

HOUR = 3600
AMOUNTS = st.integers(0, 10**15)


@given(st.lists(st.tuples(AMOUNTS, AMOUNTS, AMOUNTS), max_size=61))
def test_no_column_leaves_its_drawing(amounts: list[tuple[int, int, int]]) -> None:
    drawing = draw([Month(date(2027, 1, 1), *three) for three in amounts])
    for column in drawing.columns:
        assert TOP - 0.1 <= float(column.offered_y) <= HEIGHT - BOTTOM
        for bar in column.bars:
            assert float(bar.y) >= TOP - 4
            assert float(bar.height) >= 2


def test_a_little_is_still_seen() -> None:
    [column] = draw([Month(date(2027, 1, 1), 10**6 * HOUR, HOUR)]).columns
    assert float(column.bars[0].height) == 2


def test_the_scale_ends_at_a_round_number() -> None:
    ticks = draw([Month(date(2027, 1, 1), 11904 * HOUR, 0)]).ticks
    assert [tick.value // HOUR for tick in ticks] == [0, 6000, 12000]


def test_what_is_free_after_counts_what_is_asked() -> None:
    month = Month(date(2027, 1, 1), offered=10, granted=4, asked=3)
    assert (month.free, month.free_after) == (6, 3)


def test_many_months_are_labelled_sparsely() -> None:
    months = [Month(date(2027 + i // 12, i % 12 + 1, 1), HOUR, 0) for i in range(60)]
    assert sum(column.is_labelled for column in draw(months).columns) == 12

"""What an allocation has left at each month's end."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from compute.burn_down import burn_down
from compute.quota import months_in

JAN, FEB, MAR, APR = (date(2027, n, 1) for n in range(1, 5))


def left(**values: object) -> list[tuple[int | None, int, bool]]:
    facts = {"granted": 900, "start": JAN, "end": APR, "used": {}, "today": JAN, "a_day": None}
    points = burn_down(**{**facts, **values})  # type: ignore[arg-type]
    return [(point.left, point.even, point.is_ahead) for point in points]


def test_what_is_used_is_taken_off_month_by_month() -> None:
    found = left(used={JAN: 100, FEB: 300}, today=date(2027, 3, 20))
    assert [one[0] for one in found] == [800, 500, 500]
    assert [one[2] for one in found] == [False, False, False]


def test_an_even_pace_ends_at_nothing() -> None:
    assert [one[1] for one in left()] == [590, 310, 0]


def test_what_is_to_come_is_unknown_without_a_pace() -> None:
    assert [one[0] for one in left()] == [900, None, None]


def test_at_a_pace_it_goes_down_to_nothing_and_not_below() -> None:
    found = left(used={JAN: 100}, today=date(2027, 1, 31), a_day=20)
    assert found == [(800, 590, False), (220, 310, True), (0, 0, True)]


def test_before_the_window_all_is_left() -> None:
    found = left(today=date(2026, 12, 1), a_day=1)
    assert [one[0] for one in found] == [869, 841, 810]


@given(
    granted=st.integers(1, 10**12),
    days=st.integers(1, 2000),
    used=st.lists(st.integers(0, 10**9), max_size=6),
    today=st.dates(date(2026, 1, 1), date(2033, 1, 1)),
    a_day=st.floats(0, 10**9),
)
def test_it_never_rises(
    granted: int, days: int, used: list[int], today: date, a_day: float
) -> None:
    end = date.fromordinal(JAN.toordinal() + days)
    months = list(months_in(JAN, end))
    by_month = dict(zip(months, used, strict=False))
    points = burn_down(
        granted=granted, start=JAN, end=end, used=by_month, today=today, a_day=a_day
    )
    now = [point.left for point in points if not point.is_ahead and point.left is not None]
    ahead = [point.left for point in points if point.is_ahead and point.left is not None]
    assert now == sorted(now, reverse=True)
    assert ahead == sorted(ahead, reverse=True)
    assert all(0 <= point.even <= granted for point in points)

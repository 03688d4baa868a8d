"""How long what is left lasts at the pace so far."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compute.forecast import forecast

TODAY = date(2027, 3, 21)  # 48 days after the first of the month before
WINDOW = {"start": date(2027, 1, 1), "end": date(2027, 7, 1), "today": TODAY}
USED = {date(2027, 1, 1): 9999, date(2027, 2, 1): 280, date(2027, 3, 1): 200}


def test_the_pace_is_that_of_this_month_and_the_last() -> None:
    found = forecast(left=10_000, used=USED, **WINDOW)
    assert found
    assert found.a_day == 480 / 48 == 10


def test_what_would_be_left_lapses() -> None:
    found = forecast(left=2000, used=USED, **WINDOW)
    assert found
    assert (found.exhausted_on, found.unspent) == (None, 2000 - 10 * 102)


def test_what_does_not_last_is_exhausted_on_a_day() -> None:
    found = forecast(left=500, used=USED, **WINDOW)
    assert found
    assert (found.exhausted_on, found.unspent) == (TODAY + timedelta(50), 0)


def test_what_is_used_up_is_exhausted_today() -> None:
    found = forecast(left=-3, used=USED, **WINDOW)
    assert found
    assert found.exhausted_on == TODAY


def test_of_an_unused_one_all_lapses() -> None:
    found = forecast(left=700, used={}, **WINDOW)
    assert found
    assert found.unspent == 700


@pytest.mark.parametrize("start", [date(2027, 3, 15), date(2027, 4, 1), date(2026, 1, 1)])
def test_too_early_or_over_there_is_none(start: date) -> None:
    end = start + timedelta(60)
    assert forecast(left=1, start=start, end=end, today=TODAY, used=USED) is None


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(1, 400))
def test_it_never_says_both_and_never_more_than_is_left(
    left: int, recent: int, to_go: int
) -> None:
    found = forecast(
        left=left, start=date(2027, 1, 1), end=TODAY + timedelta(to_go), today=TODAY,
        used={date(2027, 3, 1): recent},
    )  # fmt: skip
    assert found
    assert not (found.exhausted_on and found.unspent)
    assert 0 <= found.unspent <= left
    if found.exhausted_on:
        assert TODAY <= found.exhausted_on <= TODAY + timedelta(to_go)

"""The arithmetic of GPU-hours, over generated cases."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from compute.quota import (
    MAX_GPU_SECONDS,
    BadAmount,
    gpu_hours,
    gpu_minutes,
    gpu_seconds,
    longest_minutes,
    month_of,
    months_in,
    next_month,
    parse_months,
    reservation,
    spread,
)

DAYS = st.dates(date(2000, 1, 1), date(2199, 12, 31))
AMOUNTS = st.integers(0, MAX_GPU_SECONDS)


@st.composite
def windows(draw: st.DrawFn) -> tuple[date, date]:
    start = draw(DAYS)
    return start, start + timedelta(draw(st.integers(1, 5 * 366)))


def days_of(month: date, start: date, end: date) -> int:
    return (min(end, next_month(month)) - max(start, month)).days


@given(amount=AMOUNTS, window=windows())
def test_a_spread_sums_up_exactly_and_nothing_is_negative(
    amount: int, window: tuple[date, date]
) -> None:
    months = spread(amount, *window)
    assert sum(months.values()) == amount
    assert all(value > 0 for value in months.values())
    assert set(months) <= set(months_in(*window))


@given(amount=AMOUNTS, window=windows())
def test_each_month_gets_its_share_by_days_within_one_second(
    amount: int, window: tuple[date, date]
) -> None:
    start, end = window
    total = (end - start).days
    for month in months_in(start, end):
        share = amount * days_of(month, start, end)
        given_seconds = spread(amount, start, end).get(month, 0)
        assert share // total <= given_seconds <= -(-share // total)


@given(amount=AMOUNTS, window=windows())
def test_the_seconds_left_over_go_where_the_remainder_is_largest(
    amount: int, window: tuple[date, date]
) -> None:
    start, end = window
    total = (end - start).days
    shares = {m: divmod(amount * days_of(m, start, end), total) for m in months_in(start, end)}
    result = spread(amount, start, end)
    topped = [rest for m, (whole, rest) in shares.items() if result.get(m, 0) > whole]
    plain = [rest for m, (whole, rest) in shares.items() if result.get(m, 0) == whole]
    assert min(topped, default=total) >= max(plain, default=0)


def test_an_award_over_two_months_lies_by_their_days() -> None:
    months = spread(60 * 3600, date(2027, 1, 22), date(2027, 2, 21))
    assert months == {date(2027, 1, 1): 72_000, date(2027, 2, 1): 144_000}


def test_an_empty_window_holds_nothing() -> None:
    with pytest.raises(ValueError, match="empty window"):
        spread(1, date(2027, 1, 1), date(2027, 1, 1))


@given(hours=st.decimals(min_value=Decimal("0.0002"), max_value=10**11, places=4))
def test_hours_in_are_hours_out_to_four_places(hours: Decimal) -> None:
    assert abs(gpu_hours(gpu_seconds(hours)) - hours) <= Decimal("0.0002")


@given(seconds=st.integers(1, MAX_GPU_SECONDS - 3600))
def test_seconds_shown_as_hours_come_back_as_the_same_seconds(seconds: int) -> None:
    assert gpu_seconds(gpu_hours(seconds)) == seconds


@given(seconds=AMOUNTS)
def test_hours_are_written_plainly(seconds: int) -> None:
    text = str(gpu_hours(seconds))
    assert "E" not in text
    assert len(text.partition(".")[2]) <= 4


@pytest.mark.parametrize(
    ("hours", "seconds"),
    [("60", 216_000), ("0.0003", 1), (1, 3600), (0.5, 1800), ("0.0125", 45), ("1.0001", 3600)],
)
def test_hours_are_rounded_half_even_to_seconds(hours: str | float, seconds: int) -> None:
    assert gpu_seconds(hours) == seconds


@pytest.mark.parametrize(
    "hours",
    ["", "x", "NaN", "sNaN", "Infinity", "-1", 0, "0.0001", "0.00001", "1e400", "1e-400", 2**63],
)  # fmt: skip
def test_what_is_no_amount_is_refused_and_nothing_else_is_raised(hours: str | int) -> None:
    with pytest.raises(BadAmount):
        gpu_seconds(hours)


@given(text=st.text(max_size=20))
def test_any_text_is_an_amount_or_refused(text: str) -> None:
    with suppress(BadAmount):
        assert 1 <= gpu_seconds(text) <= MAX_GPU_SECONDS


@given(seconds=AMOUNTS)
def test_minutes_are_rounded_up_so_that_no_second_is_lost(seconds: int) -> None:
    assert gpu_minutes(seconds) * 60 - 60 < seconds <= gpu_minutes(seconds) * 60


def test_sixty_gpu_hours_are_3600_gpu_minutes() -> None:
    assert gpu_minutes(gpu_seconds("60")) == 3600


@given(day=DAYS)
def test_every_day_lies_in_its_month_and_the_next_begins_after_it(day: date) -> None:
    month = month_of(day)
    assert (month.day, month <= day < next_month(month)) == (1, True)
    assert month_of(next_month(month)) == next_month(month)


@given(window=windows())
def test_the_months_of_a_window_follow_each_other_and_cover_it(window: tuple[date, date]) -> None:
    start, end = window
    months = list(months_in(start, end))
    assert months[0] <= start
    assert months[-1] < end <= next_month(months[-1])
    assert [next_month(month) for month in months[:-1]] == months[1:]


@given(available=st.integers(-(10**9), 10**12), gpus=st.integers(1, 10_000))
def test_the_longest_time_fits_and_one_minute_more_does_not(available: int, gpus: int) -> None:
    longest = longest_minutes(available=available, gpus=gpus)
    assert reservation(gpus=gpus, minutes=longest) <= max(available, 0)
    assert reservation(gpus=gpus, minutes=longest + 1) > available


@given(day=DAYS)
def test_months_are_read_in_the_spelling_that_is_shown(day: date) -> None:
    assume(day.year >= 1000)
    assert parse_months({f"{day:%Y-%m}": 7}) == {month_of(day): 7}


@pytest.mark.parametrize("month", ["2027-1", "2027-13", "2027-01-01", "27-01", "", "2027-00", "x"])
def test_another_spelling_of_a_month_is_refused(month: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (whatever date says)
        parse_months({month: 1})

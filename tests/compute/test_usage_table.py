"""Tables of usage, as sites' tools write them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compute.usage_table import MOST_LINES, UsageRow, read_table

SACCT = "\n".join(
    [
        "JobIDRaw|Account|User|State|Submit|Start|End|ElapsedRaw|AllocTRES",
        "71|cesai-p1|u1|COMPLETED|2027-01-02T09:00:00|2027-01-02T10:00:00|2027-01-02T12:00:00"
        "|7200|billing=8,cpu=8,gres/gpu=4,node=1",
        "71.batch|cesai-p1||COMPLETED|2027-01-02T10:00:00|2027-01-02T10:00:00"
        "|2027-01-02T12:00:00|7200|cpu=8",
        "72|cesai-p1|u1|CANCELLED by 1000|2027-01-02T09:00:00|2027-01-02T10:00:00"
        "|2027-01-02T10:30:00|900|cpu=1,gres/gpu:a100=2,gres/gpu:h100=1",
        "73|cesai-p1|u1|COMPLETED|2027-01-02T09:00:00|2027-01-02T10:00:00"
        "|2027-01-02T10:30:00|1800|cpu=64",
        "",
    ]
)
HEAD = "account,job,start,end,gpus,gpu_hours\n"
GOOD = "a,1,2027-01-01,2027-01-02,2,3.5"


def problem(line: str, head: str = HEAD) -> str:
    table = read_table(head + line + "\n")
    assert table.rows == []
    [(number, text)] = table.problems
    assert number == 2
    return text


def only(text: str) -> UsageRow:
    table = read_table(text)
    assert table.problems == []
    [row] = table.rows
    return row


def test_what_sacct_prints_is_taken_as_it_is() -> None:
    table = read_table(SACCT)
    assert table.problems == []
    assert [(row.job, row.gpus, row.gpu_seconds) for row in table.rows] == [
        (71, 4, 4 * 7200), (72, 3, 3 * 900),
    ]  # fmt: skip
    assert (table.steps, table.without_gpus) == (1, 1)
    first, second = table.rows
    assert (first.account, first.user, first.state) == ("cesai-p1", "u1", "COMPLETED")
    assert first.submit == datetime(2027, 1, 2, 9, tzinfo=UTC)
    assert second.state == "CANCELLED"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_any_common_separator(separator: str) -> None:
    row = only((HEAD + GOOD).replace(",", separator))
    assert (row.account, row.job, row.gpu_seconds) == ("a", 1, 12600)


def test_the_names_of_columns_are_known_in_any_case_and_order() -> None:
    row = only("GPU-Hours;Until;From;Project\n2;2027-02-01;2027-01-01;a\n")
    assert (row.job, row.gpu_seconds, row.start.month, row.end.month) == (None, 7200, 1, 2)


def test_what_the_site_charges_is_kept_in_its_unit() -> None:
    row = only("account,start,end,gpu_hours,charged,unit\na,2027-01-01,2027-02-01,2,24.5,core-h\n")
    assert (row.charged, row.unit) == (Decimal("24.5"), "core-h")


def test_times_with_an_offset_are_turned_to_utc() -> None:
    row = only(HEAD + "a,1,2027-01-01T01:00:00+01:00,2027-01-01T03:00:00Z,1,\n")
    assert row.start == datetime(2027, 1, 1, tzinfo=UTC)
    assert row.gpu_seconds == 3 * 3600


def test_windows_line_ends_a_mark_at_the_start_and_blank_lines_do_no_harm() -> None:
    text = "\ufeff" + (HEAD + "\n" + GOOD + "\n\n").replace("\n", "\r\n")
    assert only(text).gpu_seconds == 12600


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("a,1,2027-01-02,2027-01-01,2,1", "ends before it begins"),
        ("a,1,2027-01-01,Unknown,2,1", "no end"),
        ("a,1,yesterday,2027-01-02,2,1", "“yesterday” is no time"),
        ("a,1,1027-01-01,2027-01-02,2,1", "1027"),
        ("a,1,2027-01-01,2027-01-02,two,1", "“two” is no number of GPUs"),
        ("a,1,2027-01-01,2027-01-02,-1,1", "no number of GPUs"),
        ("a,1,2027-01-01,2027-01-02,2,many", "“many” is no amount"),
        ("a,1,2027-01-01,2027-01-02,2,-3", "no amount"),
        ("a,1,2027-01-01,2027-01-02,2,NaN", "no amount"),
        ("a,1,2027-01-01,2027-01-02,2,49", "more than its GPUs"),
        ("a,1,2027-01-01,2027-01-02,,", "neither GPU-hours nor GPUs"),
        ("a,1_3,2027-01-01,2027-01-02,2,1", "JobIDRaw"),
        (",1,2027-01-01,2027-01-02,2,1", "names no account"),
        ("a,1,2027-01-01,2036-01-02,9999999,", "more than any cluster"),
    ],
)
def test_what_is_wrong_is_told_by_its_line(line: str, says: str) -> None:
    assert says in problem(line)


def test_one_wrong_line_does_not_hide_the_others() -> None:
    table = read_table(f"{HEAD}{GOOD}\nb,2,x,y,1,1\nc,3,x,y,1,1\n")
    assert [number for number, _text in table.problems] == [3, 4]
    assert len(table.rows) == 1


def test_a_table_without_a_head_is_told_what_it_should_say() -> None:
    [(number, text)] = read_table(GOOD).problems
    assert number == 1
    assert "account, start, end" in text
    assert "sacct -P" in text


def test_nothing_at_all_is_told_so() -> None:
    assert "no line with usage" in read_table(HEAD).problems[0][1]
    assert read_table("").problems


def test_more_lines_than_can_be_looked_at_are_refused() -> None:
    line = "a,{},2027-01-01,2027-01-02,2,1\n"
    text = HEAD + "".join(line.format(n) for n in range(MOST_LINES + 5))
    assert "5,000 lines" in read_table(text).problems[-1][1]


@given(st.text(max_size=300))
def test_no_text_makes_it_fall_over(text: str) -> None:
    for table in (read_table(text), read_table(HEAD + text), read_table(SACCT + text)):
        assert all(row.gpu_seconds > 0 and row.start < row.end for row in table.rows)

"""Which lines of a script are read, and how a line is taken apart."""

from __future__ import annotations

import pytest

from compute.sbatch import Asked, Code, ScriptRefused, read_script
from compute.sbatch.text import LARGEST_BYTES


def read(*lines: str) -> Asked:
    return read_script("\n".join(["#!/bin/bash", *lines, "hostname", ""]))


def codes(text: str) -> list[tuple[int, Code]]:
    with pytest.raises(ScriptRefused) as refused:
        read_script(text)
    return [(problem.line, problem.code) for problem in refused.value.problems]


def line_codes(line: str) -> list[Code]:
    return [code for _, code in codes(f"#!/bin/bash\n{line}\nhostname\n")]


def test_a_script_without_options_asks_for_nothing() -> None:
    assert read("# just a comment") == Asked()


@pytest.mark.parametrize(
    "line",
    [
        "#SBATCH --ntasks=4",
        "#SBATCH --ntasks 4",
        "#SBATCH -n 4",
        "#SBATCH -n4",
        "#SBATCH\t-n\t4",
        "#SBATCH--ntasks=4",
        "#SBATCH -n 4 # four",
        "#SBATCH -n 4# four",
        "#SBATCH -n '4'",
        '#SBATCH -n"4"',
        '#SBATCH "--ntasks=4"',
        "#SBATCH --ntasks=4 -v",
        "#SBATCH -vn4",
        "#SBATCH --parsable --ntasks=4 --quiet",
        "#SBATCH -n 4 -n 4",
    ],
)
def test_every_way_of_writing_an_option_is_read(line: str) -> None:
    assert read(line).tasks == 4


def test_a_line_may_hold_several_options() -> None:
    asked = read("#SBATCH -N 2 --time=10 -J run # all at once")
    assert (asked.nodes, asked.minutes, asked.job_name) == (2, 10, "run")


def test_blank_lines_and_comments_do_not_end_the_header() -> None:
    assert read("", "# remark", "  # indented", " \t ", "#SBATCH -n 4").tasks == 4


@pytest.mark.parametrize("command", ["set -e", "  module load x", ":", "export A=1 # b"])
def test_the_first_command_ends_the_header(command: str) -> None:
    asked = read("#SBATCH -n 4", command, "#SBATCH --account=foo")
    assert (asked.tasks, asked.account, asked.unread) == (4, None, (4,))


@pytest.mark.parametrize(
    "line",
    [" #SBATCH -n 4", "# SBATCH -n 4", "#sbatch -n 4", "#Sbatch -n 4", "#PBS -l x", "#BSUB -n 4"],
)
def test_what_only_looks_like_an_option_is_a_comment_and_named_as_unread(line: str) -> None:
    asked = read(line)
    assert (asked.tasks, asked.unread) == (None, (2,))


@pytest.mark.parametrize("line", ["##SBATCH -n 4", "# SBATCH options follow", "#", "#SBATCH"])
def test_a_plain_comment_is_not_named(line: str) -> None:
    assert read(line) == Asked()


def test_the_lines_of_all_answers_are_known() -> None:
    asked = read("#SBATCH -n 4", "# remark", "#SBATCH -A me -o x.log")
    assert asked.lines == {"tasks": 2, "account": 4, "output": 4}


def test_a_header_without_any_command_is_read_to_its_end() -> None:
    assert read_script("#!/bin/bash\n#SBATCH -n 4").tasks == 4


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("-J run", "run"),
        ("-Jrun", "run"),
        ("-J=run", "=run"),
        ("--job-name=run", "run"),
        ('--job-name="two words"', "two words"),
        ("--job-name 'two words'", "two words"),
        ("-J 'a \"b'", 'a "b'),
        ('-J a"b c"d', "ab cd"),
        (r'-J "a\"b"', 'a"b'),
        (r"-J a\#b", "a#b"),
        ('-J "a#b"', "a#b"),
        ("-J a#b", "a"),
        (r'-J "a\\b"', r"a\b"),
        ("-J a:b", "a:b"),
        ('-J "-n"', "-n"),
        ("-J größe", "größe"),
        ("--job-name=a=b", "a=b"),
    ],
)
def test_quotes_backslashes_and_comments_are_those_of_sbatch(written: str, name: str) -> None:
    assert read(f"#SBATCH {written}").job_name == name


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('#SBATCH -J "a', Code.UNCLOSED_QUOTE),
        ("#SBATCH -J it's", Code.UNCLOSED_QUOTE),
        ("#SBATCH -n 4 \\", Code.LOOSE_BACKSLASH),
        (r"#SBATCH -J a\ b", Code.LOOSE_BACKSLASH),
        ("#SBATCH foo", Code.BARE_WORD),
        ("#SBATCHfoo", Code.BARE_WORD),
        ("#SBATCH -", Code.BARE_WORD),
        ("#SBATCH --", Code.BARE_WORD),
        ("#SBATCH –time=5", Code.BARE_WORD),
        ("#SBATCH\u00a0--time=5", Code.BARE_WORD),
        ("#SBATCH ''", Code.BARE_WORD),
        ("#SBATCH --frobnicate", Code.UNKNOWN_OPTION),
        ("#SBATCH --frobnicate with care", Code.UNKNOWN_OPTION),
        ("#SBATCH --=4", Code.UNKNOWN_OPTION),
        ("#SBATCH -Z 4", Code.UNKNOWN_OPTION),
        ("#SBATCH -vZ", Code.UNKNOWN_OPTION),
        ("#SBATCH --jobname=x", Code.MISSPELT_OPTION),
        ("#SBATCH --n-tasks=4", Code.MISSPELT_OPTION),
        ("#SBATCH --tim=4", Code.ABBREVIATED_OPTION),
        ("#SBATCH --job x", Code.ABBREVIATED_OPTION),
        ("#SBATCH --time", Code.VALUE_MISSING),
        ("#SBATCH -t", Code.VALUE_MISSING),
        ("#SBATCH --time=", Code.VALUE_MISSING),
        ("#SBATCH --time ''", Code.VALUE_MISSING),
        ("#SBATCH --time --requeue", Code.VALUE_MISSING),
        ("#SBATCH --requeue=1", Code.VALUE_UNEXPECTED),
        ("#SBATCH --parsable=1", Code.VALUE_UNEXPECTED),
        ("#SLURM -n 4", Code.WRONG_PREFIX),
        ("#SBATCH -J 'a\tb'", Code.BAD_TEXT),
        ("#SBATCH -J ' '", Code.BAD_TEXT),
        (f"#SBATCH -J {'a' * 256}", Code.BAD_TEXT),
    ],
)
def test_a_line_that_cannot_be_taken_apart_is_refused_once(line: str, code: Code) -> None:
    assert line_codes(line) == [code]


def test_a_value_on_the_next_line_is_refused_on_both() -> None:
    assert codes("#!/bin/sh\n#SBATCH --time\n#SBATCH 10\n") == [
        (2, Code.VALUE_MISSING),
        (3, Code.BARE_WORD),
    ]


def test_an_abbreviation_is_answered_with_what_it_may_mean() -> None:
    with pytest.raises(ScriptRefused) as refused:
        read("#SBATCH --ti=5")
    assert refused.value.problems[0].values == {"names": "--time, --time-min"}


def test_all_problems_come_at_once_in_the_order_of_lines() -> None:
    text = "#!/bin/sh\n#SBATCH -a 3-1 --qos=x\n#SBATCH -t soon\n#SBATCH --uid=0\n"
    assert codes(text) == [
        (2, Code.BAD_ARRAY),
        (2, Code.ALLOCATION_DECIDES),
        (3, Code.BAD_TIME),
        (4, Code.OTHER_USER),
    ]


def test_a_flood_of_problems_is_answered_with_the_first_hundred() -> None:
    found = codes("#!/bin/sh\n" + "#SBATCH --jobname=x --uid=0\n" * 1000)
    assert (len(found), found[-1]) == (100, (51, Code.OTHER_USER))


def test_a_problem_shows_the_option_as_it_was_written() -> None:
    with pytest.raises(ScriptRefused) as refused:
        read("#SBATCH -n 4 --array 1-10%x # many")
    assert refused.value.problems[0].option == "--array 1-10%x"


def test_a_very_long_option_is_shown_shortened() -> None:
    with pytest.raises(ScriptRefused) as refused:
        read(f"#SBATCH --array={'1,' * 500}")
    assert len(refused.value.problems[0].option) == 80


@pytest.mark.parametrize(
    ("text", "line", "code"),
    [
        ("", 1, Code.EMPTY),
        (" \n\n", 1, Code.EMPTY),
        ("hostname\n", 1, Code.NO_SHEBANG),
        ("\n#!/bin/sh\n", 1, Code.NO_SHEBANG),
        ("#!\nhostname\n", 1, Code.NO_SHEBANG),
        ("#!bash\n", 1, Code.NO_SHEBANG),
        ("#SBATCH -n 4\n", 1, Code.NO_SHEBANG),
        ("#!/bin/sh\r\nhostname\r\n", 1, Code.DOS_LINE_ENDS),
        ("#!/bin/sh\nhostname\necho a\r\n", 3, Code.DOS_LINE_ENDS),
        ("#!/bin/sh\necho a\rb\n", 2, Code.CONTROL_CHARACTER),
        ("#!/bin/sh\n\necho \x00\n", 3, Code.CONTROL_CHARACTER),
        ("#!/bin/sh\necho \x1b[1m\n", 2, Code.CONTROL_CHARACTER),
        ("#!/bin/sh\necho \x7f\n", 2, Code.CONTROL_CHARACTER),
        ("#!/bin/sh\necho \x85\n", 2, Code.CONTROL_CHARACTER),
        ("#!/bin/sh\necho \u202e\n", 2, Code.CONTROL_CHARACTER),
        ("#!/bin/sh\necho \ud800\n", 2, Code.CONTROL_CHARACTER),
    ],
)
def test_what_is_no_script_is_refused(text: str, line: int, code: Code) -> None:
    assert codes(text) == [(line, code)]


def test_a_byte_order_mark_is_named_beside_the_missing_interpreter() -> None:
    assert codes("\ufeff#!/bin/sh\n") == [(1, Code.CONTROL_CHARACTER), (1, Code.NO_SHEBANG)]


@pytest.mark.parametrize(
    "first", ["#!/bin/bash", "#! /bin/sh", "#!/usr/bin/env python3", "#!\t/x"]
)
def test_any_interpreter_with_a_full_path_is_taken(first: str) -> None:
    assert read_script(f"{first}\n#SBATCH -n 4\n").tasks == 4


def test_a_script_of_one_mebibyte_is_taken_and_one_byte_more_is_not() -> None:
    start = "#!/bin/sh\n"
    full = start + "é" * ((LARGEST_BYTES - len(start)) // 2)
    assert read_script(full) == Asked()
    assert codes(full + "#") == [(1, Code.TOO_LARGE)]

"""An array is read as Slurm reads it, and refused where Slurm would guess or drop something."""

from __future__ import annotations

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from compute.models.script_sentences import sentence
from compute.sbatch import Array, Asked, Code, ScriptRefused, read_array, read_script


def read(options: str) -> Asked:
    return read_script(f"#!/bin/bash\n#SBATCH {options}\nhostname\n")


def refused(options: str) -> ScriptRefused:
    with pytest.raises(ScriptRefused) as caught:
        read(options)
    return caught.value


@pytest.mark.parametrize(
    ("text", "spec", "tasks"),
    [
        ("0", "0", 1),
        ("0-3", "0-3", 4),
        ("1,3,5-9:2", "1-9:2", 5),
        ("0-15%4", "0-15%4", 16),
        ("7,3,1", "1,3,7", 3),
        ("0-3,4-5,7", "0-5,7", 7),
        ("1,2", "1-2", 2),
        ("01-03%02", "1-3%2", 3),
        ("0-9:20", "0", 1),
        ("5-5", "5", 1),
        ("0-3%9", "0-3%9", 4),
        ("0-999", "0-999", 1000),
        ("4000000", "4000000", 1),
    ],
)
def test_an_array_is_counted_and_put_into_one_spelling(text: str, spec: str, tasks: int) -> None:
    array = read(f"--array={text}").array
    assert array is not None
    assert (array.spec, array.tasks) == (spec, tasks)


@pytest.mark.parametrize("options", ["--array=2-4", "--array 2-4", "-a 2-4", "-a2-4"])
def test_every_spelling_of_the_option_is_read(options: str) -> None:
    asked = read(options)
    assert asked.array == Array((2, 3, 4))
    assert asked.lines == {"array": 2}


def test_a_script_without_it_is_no_array() -> None:
    assert read("-n 1").array is None


@pytest.mark.parametrize(
    "text", ["a", "3-1", "1-", "-1", "5:2", "0-3:0", "1-3:2-5", "0x1", "+1", "1;2", "%4", "1.5"]
)
def test_what_slurm_refuses_is_refused(text: str) -> None:
    [problem] = refused(f"--array={text}").problems
    assert (problem.line, problem.code) == (2, Code.BAD_ARRAY)


@pytest.mark.parametrize("text", ["1,", ",1", "1,,2", "[0-3]"])
def test_what_slurm_takes_for_less_than_it_says_is_refused(text: str) -> None:
    [problem] = refused(f"--array={text}").problems
    assert problem.code == Code.BAD_ARRAY


@pytest.mark.parametrize("limit", ["", "0", "x", "-1", "2%2", "2,5"])
def test_a_limit_that_slurm_drops_or_moves_is_refused(limit: str) -> None:
    [problem] = refused(f"--array=0-3%{limit}").problems
    assert problem.code == Code.BAD_ARRAY_LIMIT


@pytest.mark.parametrize(("text", "task"), [("1,1", "1"), ("1-3,2", "2"), ("0-9:3,8-9", "9")])
def test_a_task_that_is_named_twice_is_refused(text: str, task: str) -> None:
    [problem] = refused(f"--array={text}").problems
    assert (problem.code, problem.values) == (Code.ARRAY_TASK_TWICE, {"this": task})


@pytest.mark.parametrize("text", ["0-1000", "0-499,500-1000", "1-4000000", "0-4000000:2"])
def test_more_than_a_thousand_tasks_are_refused(text: str) -> None:
    [problem] = refused(f"--array={text}").problems
    assert problem.code == Code.ARRAY_TOO_LARGE


def test_an_index_beyond_slurms_own_is_refused() -> None:
    [problem] = refused("--array=4000001").problems
    assert problem.code == Code.ARRAY_INDEX_TOO_HIGH


@pytest.mark.parametrize("option", ["--array=", "--array", "-a"])
def test_an_array_without_a_value_is_refused(option: str) -> None:
    [problem] = refused(option).problems
    assert problem.code == Code.VALUE_MISSING


def test_two_spellings_of_one_array_are_one() -> None:
    assert read("-a 0-2 --array=0,1,2").array == Array((0, 1, 2))


def test_two_arrays_contradict() -> None:
    [problem] = refused("-a 0-2 --array=0-3").problems
    assert (problem.code, problem.values["other"]) == (Code.CONTRADICTS, "-a 0-2")


def test_patterns_may_name_the_array_and_its_task() -> None:
    asked = read("-a 0-2 -o logs/%A_%a.out -e logs/%A-%4a.err")
    assert (asked.output, asked.error) == ("logs/%A_%a.out", "logs/%A-%4a.err")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("3-1", "line 2, `--array=3-1`. This names no tasks. Write"),
        ("0-3%x", "After `%` stands how many tasks may run at once"),
        ("1,1", "Task 1 stands there twice"),
        ("0-1000", "at most 1,000 tasks"),
        ("4000001", "at most 4,000,000"),
    ],
)
def test_a_refusal_says_what_would_do(text: str, part: str) -> None:
    [problem] = refused(f"--array={text}").problems
    with translation.override("en"):
        assert part in sentence(problem)


INDICES = st.frozensets(st.integers(0, 60) | st.integers(0, 4_000_000), min_size=1, max_size=40)


@given(INDICES, st.none() | st.integers(1, 10**9 - 1))
def test_the_one_spelling_says_the_same(indices: frozenset[int], at_once: int | None) -> None:
    array = Array(tuple(sorted(indices)), at_once)
    assert read_array(array.spec) == array


@given(st.integers(0, 9), st.integers(0, 90), st.integers(1, 9))
def test_a_stepped_range_has_its_tasks(first: int, more: int, step: int) -> None:
    array = read_array(f"{first}-{first + more}:{step}")
    assert array.indices == tuple(range(first, first + more + 1, step))
    assert read_array(array.spec) == array

"""What people are told about a script that was not accepted."""

from __future__ import annotations

import re

import pytest
from django.utils import translation

from compute.models.script_sentences import SENTENCES, sentence
from compute.sbatch import Code, Problem, ScriptRefused, read_script


def told(options: str) -> list[str]:
    """The English sentences for a script with these options on its second line."""
    with pytest.raises(ScriptRefused) as refused, translation.override("en"):
        read_script(f"#!/bin/sh\n#SBATCH {options}\n")
    with translation.override("en"):
        return [sentence(problem) for problem in refused.value.problems]


def test_every_reason_has_a_sentence() -> None:
    assert SENTENCES.keys() == set(Code)


@pytest.mark.parametrize("code", Code)
def test_every_sentence_names_only_values_that_problems_carry(code: Code) -> None:
    named = set(re.findall(r"%\((\w+)\)s", str(SENTENCES[code])))
    assert named <= {
        "character",
        "names",
        "instead",
        "high",
        "other",
        "other_line",
        "this",
        "that",
    }


def test_a_sentence_names_line_option_reason_and_remedy() -> None:
    assert told("--qos=long") == [
        "Not accepted: line 2, `--qos=long`. The allocation decides this; delete the line."
    ]


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ("--ti=5", "--time, --time-min"),
        ("--jobname=x", "perhaps --job-name is meant"),
        ("--mem-per-cpu=1G", "write `--mem` instead"),
        ("-n 2000000", "between 1 and 1,000,000"),
        ("-t 5 -t 6", "Line 2 says otherwise: `-t 5`"),
        ("-G 8 -N 2 --gpus-per-node=2", "makes 4 GPUs in all; line 2, `-G 8`, makes 8"),
        ("-G 5 -N 2", "line 2, `-N 2`; choose"),
        ("-G 5 --gpus-per-task=2", "line 2, `-G 5`; choose"),
        ("--gpus-per-task=2", "add `--ntasks`"),
        ("-N 4 -n 2", "There are 2 tasks for 4 nodes (line 2, `-N 4`)"),
        ("-N 2 -n 10 --ntasks-per-node=4", "There are 10 tasks, more than fit with line 2"),
        ("-J ' '", "1 to 255 characters"),
        ("-o '%j", "`-o '%j`. A quotation mark"),
    ],
)
def test_a_sentence_carries_the_values_of_its_problem(options: str, part: str) -> None:
    (text,) = told(options)
    assert part in text


def test_a_reason_against_the_whole_script_names_no_option() -> None:
    with translation.override("en"):
        text = sentence(Problem(1, "", Code.NO_SHEBANG))
    assert text.startswith("Not accepted: line 1. The first line must name an interpreter")


def test_an_invisible_character_is_named() -> None:
    with pytest.raises(ScriptRefused) as refused, translation.override("en"):
        read_script("#!/bin/sh\necho \u202e\n")
    assert "(U+202E)" in sentence(refused.value.problems[0])

"""What a job may say about itself: script, name, environment and directory."""

from __future__ import annotations

from typing import Any

import pytest

from compute.models import Allocation
from tests.compute.bodies import nothing_is_reserved, send_job
from tests.conftest import Caller


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("true\n", "#!"),
        ("", "blank"),
        ("#!/bin/sh\r\ntrue\r\n", "line"),
        ("#!/bin/sh\n\x1b[2J\n", "line 2"),
        ("#!/bin/sh\n\0\n", "ull"),
        ("#!/bin/sh\n#SBATCH --gpus=8\ntrue\n", "line 2 is an #SBATCH line"),
    ],
)
def test_a_script_that_is_none_is_refused_saying_why(
    member: Caller, allocation: Allocation, script: str, words: str
) -> None:
    answer = send_job(member, allocation, script=script)
    assert answer.status_code == 400
    assert words in str(answer.json()), answer.json()
    assert nothing_is_reserved(allocation)


def test_a_script_above_a_megabyte_is_refused(member: Caller, allocation: Allocation) -> None:
    answer = send_job(member, allocation, script="#!/bin/sh\n" + "#" * (1 << 20))
    assert answer.status_code == 400
    assert nothing_is_reserved(allocation)


@pytest.mark.parametrize("name", ["a\nb", "a\0b", "x\n#SBATCH --uid=0", "\x1b[0m", "n" * 101])
def test_a_name_with_control_characters_is_refused(
    member: Caller, allocation: Allocation, name: str
) -> None:
    answer = send_job(member, allocation, name=name)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["name"])
    assert nothing_is_reserved(allocation)


@pytest.mark.parametrize(
    "name",
    [
        "LD_PRELOAD", "LD_LIBRARY_PATH", "BASH_ENV", "ENV", "PATH", "SLURM_JOB_ID", "SPANK_X",
        "SBATCH_ACCOUNT", "lower", "A=B", "", "1A", "A B", "A\n", "A" * 65, "É",
    ],
)  # fmt: skip
def test_a_variable_that_cannot_be_set_is_refused_by_name(
    member: Caller, allocation: Allocation, name: str
) -> None:
    answer = send_job(member, allocation, environment={name: "x"})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["environment"])
    assert nothing_is_reserved(allocation)


@pytest.mark.parametrize("value", ["a\0b", "a\nB=c", "\x7f", "x" * 4097, None, ["x"]])
def test_a_value_that_cannot_be_passed_on_is_refused(
    member: Caller, allocation: Allocation, value: Any
) -> None:
    assert send_job(member, allocation, environment={"A": value}).status_code == 400
    assert nothing_is_reserved(allocation)


@pytest.mark.parametrize(
    "path",
    [
        "/etc", "/tmp", "/tmp/{user}/../other", "/tmp/{user}x", "..", "../{user}2", "/", "//etc",
        "/tmp/{user}/a\nb", "/tmp/./{user}/../..", "~root",
    ],
)  # fmt: skip
def test_a_directory_outside_the_projects_is_refused(
    member: Caller, allocation: Allocation, path: str
) -> None:
    asked = path.replace("{user}", allocation.unix_user)
    answer = send_job(member, allocation, working_directory=asked)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["working_directory"])
    assert nothing_is_reserved(allocation)


def test_a_directory_below_the_projects_is_taken(member: Caller, allocation: Allocation) -> None:
    path = f"/tmp/{allocation.unix_user}/run1"
    assert send_job(member, allocation, working_directory=path).json()["working_directory"] == path


def test_account_partition_and_qos_cannot_be_named(member: Caller, allocation: Allocation) -> None:
    for name in ("account", "partition", "qos", "user", "hold"):
        assert send_job(member, allocation, **{name: "x"}).status_code == 400
    assert nothing_is_reserved(allocation)


def test_a_stranger_learns_nothing_from_a_bad_description(
    stranger: Caller, allocation: Allocation
) -> None:
    assert send_job(stranger, allocation, script="true\n", name="a\nb").status_code == 404

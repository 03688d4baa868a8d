"""Options of the command line inside a script: as sbatch itself counts them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cesai_client import sbatch
from cesai_client.cli.submitting import FLAGS, VALUES
from cesai_client.errors import BadInput
from compute.sbatch import options as portal
from compute.sbatch.text import unread_lines
from tests.compute.real_sbatch import reported_by_sbatch


def _overridden(*lines: str, **options: str | None) -> str:
    text = "\n".join(["#!/bin/sh", *lines, "true", ""])
    named = {name.replace("_", "-"): value for name, value in options.items()}
    return sbatch.override(text, named).text


def test_without_options_the_text_stays_as_it_is() -> None:
    text = "#!/bin/sh\r\n#SBATCH  -n 4 # x\n\n"
    assert sbatch.override(text, {}).text == text


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("#SBATCH --gpus=2", "#SBATCH --gpus=1"),
        ("#SBATCH --gpus 2 --time=5", "#SBATCH --gpus=1 --time=5"),
        ("#SBATCH -G2 -t5 # two", "#SBATCH --gpus=1 -t5 # two"),
        ("#SBATCH -G 2 # two", "#SBATCH --gpus=1 # two"),
        ("#SBATCH -t5 -vG2", "#SBATCH --gpus=1 -t5 -v"),
        ("#SBATCH --gpus=2 --gpus=2 -G 2", "#SBATCH --gpus=1"),
        ("#SBATCH--gpus=2 -c4", "#SBATCH --gpus=1 -c4"),
        ('#SBATCH -J "-G 2" -c4', '#SBATCH --gpus=1 -J "-G 2" -c4'),
        ("#SBATCH --gpus-per-node=2", "#SBATCH --gpus=1 --gpus-per-node=2"),
        ("#SBATCH -J 'never closed", "#SBATCH --gpus=1 -J 'never closed"),
        ("#SBATCH", "#SBATCH --gpus=1"),
    ],
)
def test_an_option_takes_the_place_of_the_scripts_own(line: str, expected: str) -> None:
    assert _overridden(line, gpus="1") == f"#!/bin/sh\n{expected}\ntrue\n"


def test_a_later_lines_own_goes_too() -> None:
    made = _overridden("#SBATCH -c4", "# remark", "#SBATCH --gpus=8 -t5", gpus="1")
    assert made == "#!/bin/sh\n#SBATCH --gpus=1 -c4\n# remark\n#SBATCH -t5\ntrue\n"


@pytest.mark.parametrize("line", ["##SBATCH --gpus=8", "# SBATCH -G8", "  #SBATCH -G8", "true"])
def test_what_sbatch_does_not_read_stays(line: str) -> None:
    assert line in _overridden(line, gpus="1").split("\n")


def test_what_stands_below_the_first_command_stays() -> None:
    made = _overridden("#SBATCH -t5", "true", "#SBATCH -G8", gpus="1")
    assert made.split("\n")[1:4] == ["#SBATCH --gpus=1 -t5", "true", "#SBATCH -G8"]


@pytest.mark.parametrize("value", ["a\nrm -rf ~", "a\rb", "a\x00b", "a\x1b[2J"])
def test_a_value_cannot_become_another_line(value: str) -> None:
    with pytest.raises(BadInput, match="--job-name"):
        _overridden("#SBATCH -t5", job_name=value)


def test_the_letters_of_options_are_the_portals() -> None:
    assert sbatch.SHORT == portal.SHORT
    assert sbatch.ALONE == portal.FLAGS | portal.OPTIONAL


def test_every_option_that_the_portal_reads_may_stand_on_the_command_line() -> None:
    assert {name for name, _, _ in VALUES} == portal.READ.keys()
    assert {name for name, _ in FLAGS} == portal.REQUEUE.keys()


@pytest.mark.parametrize(("name", "letter"), [(n, s) for n, s, _ in VALUES if s])
def test_its_letter_is_sbatchs(name: str, letter: str) -> None:
    assert portal.SHORT[letter] == name


@given(
    st.lists(
        st.sampled_from(
            ["#SBATCH -n4", " #SBATCH -n4", "# sbatch -n4", "#PBS -l x", "", "true", "# BSUB -n"]
        ),
        max_size=6,
    )
)
def test_lines_that_are_not_read_are_the_portals(lines: list[str]) -> None:
    text = "\n".join(["#!/bin/sh", *lines])
    assert tuple(sbatch.unread(text)) == unread_lines(text)


LINES = st.lists(
    st.builds(
        "{}{}{}".format,
        st.sampled_from(
            ["-n", "-N ", "-c", "--ntasks=", "-G", "--gpus=", "--gres=gpu:", "-t", "-vn", "-J"]
        ),
        st.sampled_from(["1", "2", "4", '"3"', "'2'"]),
        st.sampled_from(["", "", " # b", "\t"]),
    ),
    min_size=1,
    max_size=3,
).map(" ".join)
GIVEN = st.dictionaries(
    st.sampled_from(["ntasks", "nodes", "cpus-per-task", "gpus", "gres", "time", "job-name"]),
    st.sampled_from(["1", "2", "4"]),
    min_size=1,
    max_size=3,
)


@pytest.mark.real_slurm
@pytest.mark.skipif(os.geteuid() != 0, reason="Slurm is unpacked by root")
@given(st.lists(LINES, max_size=2), GIVEN)
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_sbatch_says_the_same_of_the_options_and_of_the_script_that_holds_them(
    tmp_path: Path, lines: list[str], options: dict[str, str]
) -> None:
    options = {k: f"gpu:{v}" if k == "gres" else v for k, v in options.items()}
    text = "\n".join(["#!/bin/sh", *(f"#SBATCH {line}" for line in lines), "true", ""])
    command = [f"--{name}={value}" for name, value in options.items()]
    expected = reported_by_sbatch(tmp_path, text, *command)
    if expected is None:
        return

    made = sbatch.override(text, options)

    reported = reported_by_sbatch(tmp_path, made.text)
    assert _plain(reported) == _plain(expected)


def _plain(reported: dict[str, str] | None) -> dict[str, str]:
    """Without how often -v stood there."""
    assert reported is not None
    return {name: value for name, value in reported.items() if name != "verbose"}

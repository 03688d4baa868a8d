"""Whether sbatch itself understands a line as we do: what it reports before it calls a cluster."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compute.sbatch import Asked, ScriptRefused, read_script
from tests.compute.real_sbatch import REPORTED, understood_by_sbatch

pytestmark = [
    pytest.mark.real_slurm,
    pytest.mark.skipif(os.geteuid() != 0, reason="Slurm is unpacked by root"),
]


def assert_alike(folder: Path, text: str, asked: Asked) -> None:
    """Everything sbatch reports is what we read; totals that we add it does not report."""
    reported = understood_by_sbatch(folder, text)
    assert reported is not None
    assert reported == {name: getattr(asked, name) for name in reported}
    assert reported.keys() | {"gpus", "tasks", "nodes", "gpus_per_node"} >= {
        name for name, _ in REPORTED.values() if getattr(asked, name) is not None
    }


@pytest.mark.parametrize(
    "lines",
    [
        "#SBATCH --time=1:30 -N2 --gpus-per-node=a100:4 # two",
        '#SBATCH -J "a b" -n4# x',
        "#SBATCH--mem=1500K\n\n  # more\n#SBATCH -c8",
        r'#SBATCH -J a\#b"c d" -A "x\"y"',
        "#SBATCH -J a#b",
        "# remark\n #SBATCH -n 4\n#sbatch -n 5\n##SBATCH -n 6",
        "#SBATCH -vn4 -Q\nhostname\n#SBATCH -N 3",
        "#SBATCH -t 1-2:3:4 --mem=4GB -N 2-2",
        "#SBATCH --gres=gpu:a100:2 -Ga100:4 -N2",
        "#SBATCH -N 2 -n 6 --ntasks-per-node 4 -p gpu",
        "#SBATCH -a1,3,5-9:2%3 # many",
    ],
)
def test_sbatch_understands_a_line_as_we_do(tmp_path: Path, lines: str) -> None:
    text = f"#!/bin/sh\n{lines}\nhostname\n"
    assert_alike(tmp_path, text, read_script(text))


@pytest.mark.parametrize(
    "line",
    ["foo", "--tim=5", '-J "a', "-n 0", "-n 4k", "-t 1h", "--mem=4GiB", "--requeue=1", "-n ''"],
)
def test_what_sbatch_refuses_is_refused(tmp_path: Path, line: str) -> None:
    text = f"#!/bin/sh\n#SBATCH {line}\nhostname\n"
    assert understood_by_sbatch(tmp_path, text) is None
    with pytest.raises(ScriptRefused):
        read_script(text)


OPTIONS = st.builds(
    "{}{}{}".format,
    st.sampled_from(["-n", "-N ", "-c", "--ntasks=", "--ntasks-per-node ", "-G", "--gpus="])
    | st.sampled_from(["--gres=gpu:", "--gpus-per-node=", "-t", "--time=", "--mem=", "-J", "-A "]),
    st.text("0123456789", min_size=1, max_size=2),
    st.sampled_from(["", "", "", ":30", "-1", "G", "#a", '" "', "\\", "'", " # b", "\t"]),
)


@given(st.lists(OPTIONS, min_size=1, max_size=3).map(" ".join))
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_we_accept_sbatch_reads_alike(tmp_path: Path, options: str) -> None:
    text = f"#!/bin/sh\n#SBATCH {options}\nhostname\n"
    try:
        asked = read_script(text)
    except ScriptRefused:
        return
    assert_alike(tmp_path, text, asked)

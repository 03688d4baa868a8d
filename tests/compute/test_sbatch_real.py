"""Whether sbatch itself understands a line as we do: what it reports before it calls a cluster."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from functools import cache
from itertools import takewhile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compute.sbatch import Asked, ScriptRefused, read_array, read_script
from compute.sbatch.values import gpus, gres, memory_mb, minutes
from dev.slurm.install import ensure
from dev.slurm.programs import Programs

pytestmark = [
    pytest.mark.real_slurm,
    pytest.mark.skipif(os.geteuid() != 0, reason="Slurm is unpacked by root"),
]

# No cluster listens on port 1, and none is needed: what sbatch understood it says before it calls.
CONFIGURATION = """
ClusterName=none
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=1
AuthType=auth/none
SelectType=select/cons_tres
GresTypes=gpu
NodeName=localhost
PartitionName=gpu Nodes=localhost
PluginDir={plugins}
"""

# What sbatch calls it → field and how to read what sbatch prints.
REPORTED: dict[str, tuple[str, Callable[[str], object]]] = {
    "job-name": ("job_name", str),
    "time": ("minutes", minutes),
    "nodes": ("nodes", int),
    "ntasks": ("tasks", int),
    "ntasks-per-node": ("tasks_per_node", int),
    "cpus-per-task": ("cpus_per_task", int),
    "mem": ("memory_mb_per_node", memory_mb),
    "account": ("account", str),
    "partition": ("partition", str),
    "gpus": ("gpus", lambda text: gpus(text).count),
    "gpus-per-node": ("gpus_per_node", lambda text: gpus(text).count),
    "gres": ("gpus_per_node", lambda text: gres(text).count),
    "array": ("array", read_array),
}


@cache
def unpacked() -> Programs:
    """Slurm's own programs, as `make prepare` leaves them."""
    return ensure(lambda _line: None)


def understood_by_sbatch(folder: Path, text: str) -> dict[str, object] | None:
    """The fields sbatch reports, None where it refuses the script."""
    programs = unpacked()
    (folder / "slurm.conf").write_text(CONFIGURATION.format(plugins=programs.plugins))
    (folder / "job.sh").write_text(text)
    with subprocess.Popen(
        [programs.path("sbatch"), "-v", "job.sh"],
        cwd=folder,
        env={**programs.environment, "SLURM_CONF": str(folder / "slurm.conf")},
        stderr=subprocess.PIPE,
        text=True,
    ) as sbatch:
        assert sbatch.stderr is not None
        said = list(takewhile(lambda line: "end of defined options" not in line, sbatch.stderr))
        gave_up = sbatch.stderr.readline() == ""  # it would go on for seconds to call the cluster
        sbatch.kill()
    if gave_up:
        return None
    pairs = [line.rstrip("\n").removeprefix("sbatch: ").split(": ", 1) for line in said]
    reported = {name.strip(): value for name, value in (p for p in pairs if len(p) == 2)}
    known = {name: value for name, value in reported.items() if name in REPORTED}
    return {REPORTED[name][0]: REPORTED[name][1](value) for name, value in known.items()}


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

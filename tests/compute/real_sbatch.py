"""What Slurm's own sbatch says of a script before it calls a cluster."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from functools import cache
from itertools import takewhile
from pathlib import Path

from compute.sbatch import read_array
from compute.sbatch.values import gpus, gres, memory_mb, minutes
from dev.slurm.install import ensure
from dev.slurm.programs import Programs

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


def reported_by_sbatch(folder: Path, text: str, *options: str) -> dict[str, str] | None:
    """The options sbatch says it has, by its own names; None where it refuses the script."""
    programs = unpacked()
    (folder / "slurm.conf").write_text(CONFIGURATION.format(plugins=programs.plugins))
    (folder / "job.sh").write_bytes(text.encode())
    with subprocess.Popen(
        [programs.path("sbatch"), "-v", *options, "job.sh"],
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
    return {name.strip(): value for name, value in (p for p in pairs if len(p) == 2)}


def understood_by_sbatch(folder: Path, text: str) -> dict[str, object] | None:
    """The fields sbatch reports, None where it refuses the script."""
    reported = reported_by_sbatch(folder, text)
    if reported is None:
        return None
    known = {name: value for name, value in reported.items() if name in REPORTED}
    return {REPORTED[name][0]: REPORTED[name][1](value) for name, value in known.items()}

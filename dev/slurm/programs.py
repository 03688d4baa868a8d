"""Slurm's programs as they were unpacked: where they lie and what they need to run."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

SERVERS = ("slurmctld", "slurmd", "slurmstepd", "slurmdbd", "slurmrestd", "munged", "mariadbd")
CLIENTS = ("sacct", "sacctmgr", "scancel", "scontrol", "sinfo", "squeue", "sbatch", "srun")


@dataclass(frozen=True)
class Programs:
    """The unpacked programs: where they lie and what they need to run."""

    root: Path

    @property
    def library_path(self) -> str:
        """LD_LIBRARY_PATH under which every program here runs."""
        found = sorted((self.root / "usr/lib").glob("*-linux-gnu"))
        return ":".join(str(place) for place in (*(f / "slurm-wlm" for f in found), *found))

    @property
    def plugins(self) -> Path:
        """Slurm's PluginDir."""
        return next((self.root / "usr/lib").glob("*-linux-gnu/slurm-wlm"))

    @property
    def environment(self) -> dict[str, str]:
        """The environment of our own process, with the libraries."""
        return {**os.environ, "LD_LIBRARY_PATH": self.library_path}

    @cached_property
    def slurm_version(self) -> str:
        """For example ``22.05.8``."""
        answer = subprocess.run(
            [self.path("slurmctld"), "-V"],
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        )
        return answer.stdout.split()[-1]

    def path(self, name: str) -> Path:
        """A program under its own name."""
        return self.root / "programs" / name

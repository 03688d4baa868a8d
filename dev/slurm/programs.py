"""Slurm's programs as they were unpacked: where they lie and how they are run."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from dev.users import become

SERVERS = ("slurmctld", "slurmd", "slurmstepd", "slurmdbd", "slurmrestd", "munged", "mariadbd")
CLIENTS = ("sacct", "sacctmgr", "scancel", "scontrol", "sinfo", "squeue", "sbatch", "srun")


@dataclass(frozen=True)
class Programs:
    """Programs that run on this machine's own C library, from wherever they were unpacked."""

    root: Path

    @property
    def usr(self) -> Path:
        """What the programs themselves find as their /usr."""
        return self.root / "usr"

    @property
    def links(self) -> Path:
        """The folder with a link to each program under its own name."""
        return self.root / "programs"

    @property
    def plugins(self) -> Path:
        """Slurm's PluginDir."""
        found = next((self.root / "usr/lib").glob("*-linux-gnu/slurm-wlm"))
        return self.usr / found.relative_to(self.root / "usr")

    @property
    def variables(self) -> Mapping[str, str]:
        """What the environment must hold for every program here."""
        found = sorted((self.root / "usr/lib").glob("*-linux-gnu"))
        places = (*(folder / "slurm-wlm" for folder in found), *found)
        return {"LD_LIBRARY_PATH": ":".join(map(str, places))}

    @property
    def environment(self) -> dict[str, str]:
        """The environment of our own process, with these variables."""
        return {**os.environ, **self.variables}

    @cached_property
    def slurm_version(self) -> str:
        """For example ``22.05.8``."""
        answer = subprocess.run(
            self.command("slurmctld", "-V"),
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        )
        return answer.stdout.split()[-1]

    def path(self, name: str) -> Path:
        """A program under its own name, as the others see it."""
        return self.links / name

    def command(self, name: str, *arguments: str | Path, user: str = "") -> list[str]:
        """How to run a program, as another user if one is named."""
        return self.inside([self.path(name), *arguments], user)

    def inside(self, command: Sequence[str | Path], user: str = "") -> list[str]:
        """The command so that it finds the programs' files; its process keeps its pid."""
        return [*become(user), *map(str, command)]


# What /usr is in a mount namespace of its own, which ends together with the process.
_WITH_OTHER_USR = 'mount --bind "$0" /usr && exec "$@"'


@dataclass(frozen=True)
class ForeignPrograms(Programs):
    """Programs of another suite, which need their own C library and everything built on it.

    They see their own /usr; all else, such as users, names of hosts, /proc and a site's
    directory, is this machine's. A whole root for chroot would need each of these mounted.
    """

    @property
    def usr(self) -> Path:
        return Path("/usr")

    @property
    def links(self) -> Path:
        return self.root / "usr/programs"

    @property
    def variables(self) -> Mapping[str, str]:
        return {}

    def path(self, name: str) -> Path:
        return self.usr / "programs" / name

    def inside(self, command: Sequence[str | Path], user: str = "") -> list[str]:
        enter = ("unshare", "--mount", "sh", "-c", _WITH_OTHER_USR, str(self.root / "usr"))
        return [*enter, *super().inside(command, user)]

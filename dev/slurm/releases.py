"""The releases of Slurm that a real cluster can be of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Release:
    """Slurm as a suite of the distribution has it; without a suite, as this machine's own has."""

    name: str = ""
    suite: str = ""


OWN = Release()
V24_11 = Release("24.11", "trixie")
V26_05 = Release("26.05", "sid")  # the suite moves on: what is unpacked is looked at

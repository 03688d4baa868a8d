"""A worker of the portal that is killed at named points; it does nothing but passes."""

from __future__ import annotations

import argparse
import signal
import time
from pathlib import Path
from typing import Any

import django

django.setup()

from django.db import DatabaseError, InterfaceError, connections  # noqa: E402
from django.utils import timezone  # noqa: E402

from compute.slurm.types import JobDescription  # noqa: E402
from compute.slurm.v38 import V38  # noqa: E402
from compute.slurm.v42 import V42  # noqa: E402
from compute.sync.passes import sync_cluster  # noqa: E402
from tests.faults.points import Executioner  # noqa: E402


def main() -> None:
    """Until it is told to end, or is killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("clusters", nargs="+")
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--rare", type=float, default=0.002)
    parser.add_argument("--stops", type=float, default=0.2)
    parser.add_argument("--sabotage", action="store_true", help="submit without a hold")
    told = parser.parse_args()
    if told.sabotage:
        _submit_without_hold()
    Executioner(told.journal, told.seed, rare=told.rare, stops=told.stops).install()
    is_over = False

    def end(*_: object) -> None:
        nonlocal is_over
        is_over = True

    signal.signal(signal.SIGTERM, end)
    while not is_over:
        for slug in told.clusters:
            try:
                sync_cluster(slug, now=timezone.now())
            except (DatabaseError, InterfaceError):  # the timetable rings again
                connections.close_all()
        time.sleep(0.05)


def _submit_without_hold() -> None:
    """What a portal would do that trusts answers: for showing that the campaign finds it."""
    for dialect in (V38, V42):
        described = dialect._description

        def unheld(self: Any, job: JobDescription, described: Any = described) -> Any:
            return {**described(self, job), "hold": False}

        dialect._description = unheld  # type: ignore[method-assign]


if __name__ == "__main__":
    main()

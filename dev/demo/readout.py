"""Tells the person at the screen what the demonstration is doing and how to log in."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from dev.demo import layout
from dev.demo.centre import Centre


@contextmanager
def step(title: str) -> Iterator[None]:
    """Print the title, then the seconds it took."""
    began_at = time.monotonic()
    print(f"  {title:<44}", end="", flush=True)
    yield
    print(f"{time.monotonic() - began_at:6.1f} s", flush=True)


def print_ready(centre: Centre, seconds: float) -> None:
    """Print the address, log-ins, tokens and clusters."""
    known = json.loads(layout.READOUT.read_text())
    people = [
        [name, person["password"], person["token"], ", ".join(person["roles"])]
        for name, person in known["users"].items()
    ]
    clusters = [
        [cluster.name, cluster.url, f"Slurm {cluster.slurm_version}", _kind(centre)]
        for cluster in centre.clusters
    ]
    print(f"\nThe portal is ready at {layout.URL} after {seconds:.0f} s.\n")
    _print_table([["log-in", "password", "token", "roles"], *people])
    print()
    _print_table([["cluster", "address", "version", ""], *clusters])
    print()
    for note in centre.notes():
        print(note)
    print(f"Logs: {layout.LOGS}. The same as JSON: {layout.READOUT}.", flush=True)


def _kind(centre: Centre) -> str:
    return "real" if centre.is_real else "simulated"


def _print_table(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  " + "  ".join(cells).rstrip())

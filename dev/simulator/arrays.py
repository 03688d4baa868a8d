"""Arrays as Slurm reads and writes them: lax in what it takes, and cut off when long."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from dev.simulator.accounting import RefusedError

INVALID_ARRAY = 2081
# Slurm's default for MaxArraySize is one more.
HIGHEST_TASK = 1000
LONGEST_LIST = 63

_PIECE = re.compile(r"([0-9]+)(?:-([0-9]+)(?::([0-9]+))?)?")


def parse(text: str) -> tuple[tuple[int, ...], int]:
    """Tasks and how many at once, 0 for all; raises RefusedError.

    Tasks named twice count once, and what is no number after `%` is no limit.
    """
    listed, _, limit = text.partition("%")
    found: set[int] = set()
    for piece in filter(None, listed.strip(" []").replace(" ", "").split(",")):
        match = _PIECE.fullmatch(piece)
        if not match:
            raise RefusedError(INVALID_ARRAY)
        first, last, step = int(match[1]), int(match[2] or match[1]), int(match[3] or 1)
        if first > last or not step or last > HIGHEST_TASK:
            raise RefusedError(INVALID_ARRAY)
        found.update(range(first, last + 1, step))
    at_once = re.match("[0-9]*", limit)
    return tuple(sorted(found)), int(at_once.group() or 0) if at_once else 0


def listed(tasks: Sequence[int], at_once: int) -> str:
    """As slurmctld shows tasks that wait: `2-3,7%2`, `0-20:2`, or the beginning and `...`."""
    text = _stepped(tasks) or _runs(tasks)
    if len(text) > LONGEST_LIST:
        text = f"{text[: LONGEST_LIST - 3]}..."
    return f"{text}%{at_once}" if text and at_once else text


def mask(tasks: Sequence[int]) -> str:
    """As slurmdbd shows tasks that did not start: a bit for each."""
    return f"0x{sum(1 << task for task in tasks):X}" if tasks else ""


def _stepped(tasks: Sequence[int]) -> str:
    """Only tasks that lie far apart in steps are shown so."""
    steps = {after - before for before, after in pairwise(tasks)}
    if len(steps) != 1 or steps == {1} or tasks[-1] - tasks[0] <= 10:
        return ""
    return f"{tasks[0]}-{tasks[-1]}:{steps.pop()}"


def _runs(tasks: Sequence[int]) -> str:
    runs: list[list[int]] = []
    for task in tasks:
        if runs and runs[-1][-1] == task - 1:
            runs[-1][1:] = [task]
        else:
            runs.append([task])
    return ",".join("-".join(map(str, run)) for run in runs)

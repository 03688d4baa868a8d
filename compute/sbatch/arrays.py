"""Which tasks an `--array` has, and how many of them may run at once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from compute.sbatch.problems import BadValue, Code

# Slurm's own ceiling. What a site takes is often far less (MaxArraySize 1001: up to task 1000),
# which only its cluster can say.
LARGEST_INDEX = 4_000_000
MOST_TASKS = 1000

_PIECE = re.compile(r"([0-9]{1,9})(?:-([0-9]{1,9})(?::([0-9]{1,9}))?)?")
_LIMIT = re.compile(r"0{0,9}[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class Array:
    """The tasks of an array by their index, ascending, and how many may run at once."""

    indices: tuple[int, ...]
    at_once: int | None = None

    @property
    def tasks(self) -> int:
        return len(self.indices)

    @property
    def spec(self) -> str:
        """The shortest text for the same tasks, alike for all spellings: `0-3,7%2`."""
        limit = f"%{self.at_once}" if self.at_once else ""
        return f"{_stepped(self.indices) or _runs(self.indices)}{limit}"


def read_array(text: str) -> Array:
    """`0-3`, `1,3,5-9:2` or `0-15%4`; raises BadValue.

    Stricter than sbatch, which drops without a word what it cannot read after `%` and tasks that
    are named twice.
    """
    tasks, percent, limit = text.partition("%")
    if percent and not _LIMIT.fullmatch(limit):
        raise BadValue(Code.BAD_ARRAY_LIMIT)
    found: set[int] = set()
    for piece in tasks.split(","):
        indices = _piece(piece)
        if len(found) + len(indices) > MOST_TASKS:
            raise BadValue(Code.ARRAY_TOO_LARGE, high=str(MOST_TASKS))
        if twice := found.intersection(indices):
            raise BadValue(Code.ARRAY_TASK_TWICE, this=str(min(twice)))
        found.update(indices)
    return Array(tuple(sorted(found)), int(limit) if limit else None)


def _piece(text: str) -> range:
    match = _PIECE.fullmatch(text)
    if not match:
        raise BadValue(Code.BAD_ARRAY)
    first, last, step = int(match[1]), int(match[2] or match[1]), int(match[3] or 1)
    if first > last or step == 0:
        raise BadValue(Code.BAD_ARRAY)
    if last > LARGEST_INDEX:
        raise BadValue(Code.ARRAY_INDEX_TOO_HIGH, high=str(LARGEST_INDEX))
    return range(first, last + 1, step)


def _stepped(indices: tuple[int, ...]) -> str:
    """As `0-8:2`, "" if the distances differ or are one."""
    steps = {after - before for before, after in pairwise(indices)}
    if len(indices) < 3 or len(steps) != 1 or steps == {1}:
        return ""
    return f"{indices[0]}-{indices[-1]}:{steps.pop()}"


def _runs(indices: tuple[int, ...]) -> str:
    runs: list[list[int]] = []
    for index in indices:
        if runs and runs[-1][-1] == index - 1:
            runs[-1][1:] = [index]
        else:
            runs.append([index])
    return ",".join("-".join(map(str, run)) for run in runs)

"""What a row says about the array it belongs to, as far as all wire versions agree."""

from __future__ import annotations

import re
from typing import NamedTuple

from compute.slurm.answers import Row, integer, mapping, text

_PIECE = re.compile(r"([0-9]+)-([0-9]+)(?::([0-9]+))?")


class Place(NamedTuple):
    """A row's place in an array: the array's id, 0 without one, the task's index, and for how
    many tasks the row stands."""

    job_id: int
    task_id: int | None
    tasks: int


def place_of_job(row: Row) -> Place:
    """From a row of slurmctld."""
    waiting = tasks_in_list(text(row.get("array_task_string")))
    return Place(
        integer(row.get("array_job_id")) or 0, integer(row.get("array_task_id")), waiting or 1
    )


def place_of_record(row: Row) -> Place:
    """From a row of slurmdbd, which tells tasks that did not start as the bits of a number."""
    array = mapping(row.get("array"))
    waiting = tasks_in_mask(text(array.get("task")))
    return Place(integer(array.get("job_id")) or 0, integer(array.get("task_id")), waiting or 1)


def tasks_in_list(listed: str) -> int:
    """How many tasks a list such as `2-3,7%2` or `0-998:2` names.

    slurmrestd ends a long one after 64 characters (`0-1,4,9,16...%3`): then at least so many.
    """
    pieces = listed.partition("%")[0].removesuffix("...").split(",")
    return sum(_tasks_in_piece(piece) for piece in pieces if piece)


def tasks_in_mask(mask: str) -> int:
    """How many bits are set in a text such as `0xC`; 0 for any other text."""
    return int(mask, 16).bit_count() if re.fullmatch("0x[0-9A-Fa-f]+", mask) else 0


def _tasks_in_piece(piece: str) -> int:
    match = _PIECE.fullmatch(piece)
    if not match or match[3] == "0":
        return 1
    # The end may have been cut off, and lie before the beginning then.
    return max(1, len(range(int(match[1]), int(match[2]) + 1, int(match[3] or 1))))

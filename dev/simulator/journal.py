"""Keeps what the simulator must not forget in a file of JSON lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson


class Journal:
    """Appends entries and reads them back; without a path it keeps nothing.

    An entry is with the operating system before the answer leaves, so that a killed simulator
    goes on where it was.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file = path.open("ab", buffering=0) if path else None
        if self._file is not None and self._file.tell():
            self._file.write(b"\n")  # ends a line that a kill cut off

    @property
    def is_kept(self) -> bool:
        return self._file is not None

    def entries(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Kind and content in the order of writing; a line that a kill cut off is left out."""
        if self._path is None:
            return
        for line in self._path.read_bytes().splitlines():
            try:
                entry = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            yield entry["kind"], entry["content"]

    def write(self, kind: str, content: object) -> None:
        if self._file is not None:
            line = orjson.dumps(
                {"kind": kind, "content": content}, option=orjson.OPT_APPEND_NEWLINE
            )
            self._file.write(line)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def started_name(start: Mapping[str, Any]) -> str:
    """What is to start once: a job by its name, a task of an array by its index, too."""
    task = start.get("array_task_id")
    return str(start["name"]) if task is None else f"{start['name']}/{task}"

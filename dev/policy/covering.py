"""Which tests run which marked line, kept from one run to the next in var/."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from dev.places import ROOT

KEPT = ROOT / "var" / "policy" / "covering.json"


@dataclass
class Covering:
    """Tests that passed, with their seconds and the marks that they ran.

    A file of tests is run again when it changed. A line that changed since is taken to be run by
    the tests that run its function.
    """

    files: dict[str, str] = field(default_factory=dict)  # as they were then
    marks: list[str] = field(default_factory=list)
    tests: dict[str, tuple[float, list[int]]] = field(default_factory=dict)

    @classmethod
    def read(cls) -> Covering:
        """The last one, empty if there is none."""
        return cls(**json.loads(KEPT.read_text())) if KEPT.exists() else cls()

    def write(self) -> None:
        """For the next run."""
        KEPT.parent.mkdir(parents=True, exist_ok=True)
        KEPT.write_text(json.dumps(self.__dict__))

    def knows(self, file: str) -> bool:
        """Whether a file of tests is as it was."""
        return self.files.get(file) == _digest(file)

    def forget(self, files: set[str]) -> None:
        """The tests of these are run again."""
        self.tests = {test: row for test, row in self.tests.items() if _file(test) not in files}

    def knows_now(self, files: set[str]) -> None:
        """The tests of these were run."""
        self.files |= {file: _digest(file) for file in files}

    def add(self, test: str, seconds: float, marks: Iterable[str]) -> None:
        """A test that passed."""
        numbers = {mark: number for number, mark in enumerate(self.marks)}
        for mark in marks:
            if mark not in numbers:
                numbers[mark] = len(self.marks)
                self.marks.append(mark)
        self.tests[test] = (round(seconds, 3), sorted(numbers[mark] for mark in marks))

    def of(self, marks: Iterable[str]) -> dict[str, float]:
        """The tests that run any of these, with their seconds."""
        wanted = {number for mark in marks for number in self._numbers(mark)}
        return {
            test: seconds
            for test, (seconds, numbers) in self.tests.items()
            if not wanted.isdisjoint(numbers)
        }

    def _numbers(self, mark: str) -> list[int]:
        if mark in self.marks:
            return [self.marks.index(mark)]
        function = f"{mark.rpartition(',')[0]},"
        return [number for number, one in enumerate(self.marks) if one.startswith(function)]


def _file(test: str) -> str:
    return test.partition("::")[0]


def _digest(file: str) -> str:
    return hashlib.sha256((ROOT / file).read_bytes()).hexdigest()[:16]

"""What was proven: for each site the test that broke, why none can, or that none did yet."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dev.places import ROOT
from dev.policy.sites import Site, sites

HERE = Path(__file__).parent
# {file: {key: test}}, {file: {key: reason}}, {file: {key: ""}}
PLACES = {name: HERE / f"{name}.json" for name in ("held", "equivalent", "open")}
Rows = dict[str, dict[str, str]]


@dataclass
class Record:
    """`held` by a test, `equivalent` as nothing changes, and `open`: not proven yet."""

    held: Rows
    equivalent: Rows
    open: Rows

    @classmethod
    def read(cls) -> Record:
        """As it is committed."""
        return cls(**{name: json.loads(path.read_text()) for name, path in PLACES.items()})

    def write(self) -> None:
        """In an order that keeps differences small."""
        for name, path in PLACES.items():
            rows: Rows = getattr(self, name)
            kept = {file: dict(sorted(rows[file].items())) for file in sorted(rows) if rows[file]}
            path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")

    def hold(self, site: Site, key: str, test: str) -> None:
        """A test broke."""
        self.held.setdefault(site.file, {})[key] = test
        self.open.get(site.file, {}).pop(key, None)
        self.equivalent.get(site.file, {}).pop(key, None)

    def new(self) -> list[tuple[str, str]]:
        """Sites of today's code of which nothing is recorded, by file and key."""
        return sorted(_today() - self._known())

    def problems(self) -> Iterator[str]:
        """What does not agree with today's code."""
        for file, key in self.new():
            yield f"nothing is known of {file}: {key}"
        for file, key in sorted(self._known() - _today()):
            yield f"no longer in the code: {file}: {key}"
        tests = {test for rows in self.held.values() for test in rows.values()}
        for test in sorted(tests):
            if not _is_there(test):
                yield f"there is no test {test}"

    def summary(self) -> str:
        """How many are proven."""
        held, equivalent, still_open = (
            sum(map(len, rows.values())) for rows in (self.held, self.equivalent, self.open)
        )
        return (
            f"{len(_today())} changes of policy: {held} held by a test, {equivalent} change"
            f" nothing, {still_open} not proven yet"
        )

    def forget_stale(self) -> None:
        """Drop what is no longer in the code."""
        today = _today()
        for rows in (self.held, self.equivalent, self.open):
            for file, known in rows.items():
                rows[file] = {key: text for key, text in known.items() if (file, key) in today}

    def _known(self) -> set[tuple[str, str]]:
        every = (self.held, self.equivalent, self.open)
        return {(file, key) for rows in every for file, keys in rows.items() for key in keys}


def problems() -> str:
    """For `make check`: what is wrong, "" if nothing."""
    found = list(Record.read().problems())
    if not found:
        return ""
    told = [*found[:20], *([f"… and {len(found) - 20} more"] if len(found) > 20 else [])]
    return "\n".join([*told, "`python -m dev.policy changed` runs the tests of what is new."])


def _today() -> set[tuple[str, str]]:
    return {(file, key) for file, keys in sites().items() for key in keys}


def _is_there(test: str) -> bool:
    file, _, name = test.partition("::")
    path = ROOT / file
    function = re.escape(name.partition("[")[0].rpartition("::")[2])
    return path.is_file() and bool(re.search(rf"def {function}\(", path.read_text()))

"""`python -m dev.policy check | changed | open | all | only TEXT… | cover PATH…`

check    every change of policy that the code allows is recorded; needs no database
changed  makes the changes that are not recorded yet
open     makes those again that no test told of so far
all      makes every one again that is held, and those that are not recorded
only     makes those whose file and key hold all the words
cover    sees anew which lines these tests run (`changed` and the others do so when they must)

POLICY_SECONDS in the environment bounds what is spent on one change: 60 if it is not set.
"""

from __future__ import annotations

import os
import sys

import pytest

from dev import places
from dev.policy import rules
from dev.policy.record import Record, problems
from dev.policy.sites import sites
from dev.policy.trials import Todo, Trials

SECONDS = 60.0


def main(arguments: list[str]) -> int:
    """Returns how many changes no test told of, or whether the record is wrong."""
    command, *rest = arguments or ["check"]
    record = Record.read()
    if command == "check":
        found = problems()
        print(found or record.summary())
        return int(bool(found))
    if command not in {"changed", "open", "all", "only", "cover"}:
        print(__doc__)
        return 2
    record.forget_stale()
    new = set(record.new())
    todo = [
        (key, site)
        for file, known in sites().items()
        for key, site in known.items()
        if (command in {"all", "changed"} and (file, key) in new)
        or (command == "all" and key in record.held.get(file, {}))
        or (command == "open" and key in record.open.get(file, {}))
        or (command == "only" and all(word in f"{file} {key}" for word in rest))
    ]
    todo.sort(key=lambda one: _place(f"{one[1].file} {one[0]}"))
    record.write()
    if not todo and command != "cover":
        print(record.summary())
        return 0
    return _run(record, todo, rest if command == "cover" else [])


def _place(text: str) -> int:
    """The most important first."""
    return next((n for n, part in enumerate(rules.FIRST) if part in text), len(rules.FIRST))


def _run(record: Record, todo: Todo, again: list[str]) -> int:
    """With servers of its own, also when a test asks."""
    if os.environ.pop("CESAI_TEST_SERVERS", ""):
        for name in ("DATABASE_URL", "BROKER_URL", "PYTEST_XDIST_WORKER"):
            os.environ.pop(name, None)
    trials = Trials(record, todo, float(os.environ.get("POLICY_SECONDS", SECONDS)), again)
    options = ["-n", "0", "-s", "--no-header", "-p", "no:cacheprovider"]
    chosen = [*rules.TESTS, "-m", rules.MARKS_NOT_ASKED]
    status = pytest.main([*options, *chosen], plugins=[trials])
    print(record.summary())
    if status not in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
        return int(status)
    missed = [f"{site.file}: {key}" for key, site in trials.survived]
    print(f"{len(todo) - len(missed)} of {len(todo)} changes broke a test")
    return min(len(missed), 100)


if __name__ == "__main__":
    os.chdir(places.ROOT)
    sys.exit(main(sys.argv[1:]))

"""Runs tests with one line of policy changed: a child for each change, of one process that holds
the product, the collected tests and the database."""

from __future__ import annotations

import os
import re
import signal
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TextIO

import pytest
from _pytest.runner import runtestprotocol
from django.db import connections

from dev.policy import rules
from dev.policy.covering import Covering
from dev.policy.loaded import Loaded
from dev.policy.record import Record
from dev.policy.sites import Site

TEST_SECONDS = 60  # after which a single test hangs
WARM = ("test_each_caller_gets_what_the_table_says", "test_each_person_gets_the_pages")
COMMON = {"py", "test", "tet", "the", "a", "model", "view", "without", "never", "alway"}
Todo = list[tuple[str, Site]]


@dataclass(eq=False)
class Trials:
    """A plugin of pytest that makes changes instead of running all tests.

    `seconds` bound one change's tests; a change that none of them told of stays unproven.
    """

    record: Record
    todo: Todo
    seconds: float
    again: Sequence[str] = ()  # files of tests of which to see anew what they cover
    survived: Todo = field(default_factory=list)
    tried: Counter[str] = field(default_factory=Counter)
    broke: Counter[str] = field(default_factory=Counter)
    sound: dict[str, bool] = field(default_factory=dict)
    passed: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out what other processes would have to be changed for."""
        items[:] = [item for item in items if not _is_apart(item)]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """All changes, with the tests that told of them or of their neighbours first."""
        if session.testsfailed:
            raise session.Interrupted("tests could not be collected")
        self.items = {item.nodeid: item for item in session.items}
        self.elsewhere = session.items[-1]
        _warm(session.items)
        self.loaded = Loaded()
        if not self.todo:
            self._covering()
        rest = [one for one in self.todo if not self._is_held(*one, self._told_before(*one))]
        covering = self._covering() if rest else Covering()
        for key, site in rest:
            tests = [*self._told_before(key, site), *self._covering_tests(covering, key, site)]
            if not self._is_held(key, site, list(dict.fromkeys(tests))):
                self.survived.append((key, site))
                print(f"SURVIVES {site.file} {key}", flush=True)
        self.record.write()
        return True

    def _is_held(self, key: str, site: Site, tests: list[str]) -> bool:
        """Whether one of the tests tells of the change; it must pass without it."""
        begun = time.monotonic()
        passed = self.passed.setdefault((site.file, key), set())
        tests = [test for test in tests if test not in passed]
        while tests:
            broken, tried = self._try(site, tests)
            passed.update(tried)
            self.tried.update(map(_function, tried))
            if broken is None:
                return False
            if self._is_sound(broken):
                self.broke[_function(broken)] += 1
                self.record.hold(site, key, broken)
                self.record.write()
                took = time.monotonic() - begun
                print(f"{took:5.1f} s {len(tried):4} {site.file} {key} ← {broken}", flush=True)
                return True
            tests = tests[tests.index(broken) + 1 :]
        return False

    def _try(self, site: Site, tests: list[str]) -> tuple[str | None, list[str]]:
        """The first test that breaks, and all that ran."""

        def work(told: TextIO) -> None:
            self.loaded.make(site)
            until = time.monotonic() + self.seconds
            for test, then in pairwise([*tests, ""]):
                print(test, file=told, flush=True)
                if not self._passes(test, then):
                    print("broke", file=told, flush=True)
                    return
                if time.monotonic() > until:
                    break
            print("passed", file=told, flush=True)

        *tried, last = _in_child(work) or [""]
        if last == "passed":
            return None, tried
        if last == "broke":
            return tried[-1], tried
        print(f"  no answer from {last or 'the change itself'}", flush=True)
        return None, tried

    def _is_sound(self, test: str) -> bool:
        """Whether it passes when nothing is changed."""
        if test not in self.sound:

            def work(told: TextIO) -> None:
                print("passed" if self._passes(test) else "broke", file=told)

            self.sound[test] = _in_child(work) == ["passed"]
            if not self.sound[test]:
                print(f"  {test} fails by itself", flush=True)
        return self.sound[test]

    def _passes(self, test: str, then: str = "") -> bool:
        """Run one test; what it shares with the next one is kept for that."""
        signal.alarm(TEST_SECONDS)
        following = self.items.get(then, self.elsewhere)
        reports = runtestprotocol(self.items[test], log=False, nextitem=following)
        return not any(report.failed for report in reports)

    def _told_before(self, key: str, site: Site) -> list[str]:
        """The test that told of this change, and those that told of others beside it."""
        known = self.record.held.get(site.file, {})
        where = key.partition(":")[0]
        own = [known[key]] if key in known else []
        beside = [test for one, test in known.items() if one.partition(":")[0] == where]
        return [test for test in dict.fromkeys([*own, *beside]) if test in self.items]

    def _covering_tests(self, covering: Covering, key: str, site: Site) -> list[str]:
        """The quickest and likeliest first: by what broke so far, and by their names."""
        words = _words(f"{site.file} {key}")
        seconds = {test: s for test, s in covering.of(site.marks).items() if test in self.items}

        def cost(test: str) -> float:
            function = _function(test)
            share = (self.broke[function] + 1) / (self.tried[function] + 4)
            alike = len(words & _words(test))
            return (seconds[test] + 0.05) / (share * (1 + 4 * alike))

        # What one test did not tell, another case of it will hardly tell.
        again: Counter[str] = Counter()
        order = {}
        for test in sorted(seconds, key=cost):
            again[_function(test)] += 1
            order[test] = cost(test) * again[_function(test)]
        return sorted(order, key=order.__getitem__)

    def _alike(self, test: str) -> list[str]:
        """The test and those that go the same way, such as others of one route."""
        file, _, name = test.partition("::")
        function, bracket, case = name.partition("[")
        same = [f"{file}::{one}{bracket}{case}" for one in rules.ALIKE.get(function, ())]
        return [test, *(one for one in same if one in self.items)]

    def _covering(self) -> Covering:
        """What the tests run; those of changed files run now, with every line of policy marked."""
        covering = Covering.read()
        files = {test.partition("::")[0] for test in self.items}
        stale = {file for file in files if not covering.knows(file)}
        stale |= {file for file in files if file.startswith(tuple(self.again))}
        covering.forget(stale)
        chosen = [test for test in self.items if test.partition("::")[0] in stale]
        chosen = [test for test in chosen if not _is_led(test)]

        def work(told: TextIO) -> None:
            seen: set[str] = set()
            self.loaded.mark(seen.add)
            for number, (test, then) in enumerate(pairwise([*chosen, ""]), start=1):
                seen.clear()
                begun = time.monotonic()
                if self._passes(test, then):
                    for one in self._alike(test):
                        covering.add(one, time.monotonic() - begun, sorted(seen))
                else:
                    print(f"{test} fails by itself", file=told, flush=True)
                if number % 100 == 0:
                    print(f"{number} of {len(chosen)} tests", file=told, flush=True)
            covering.knows_now(stale)
            covering.write()

        if chosen:
            _in_child(work, echo=True)
        return Covering.read()


def _in_child(work: Callable[[TextIO], None], *, echo: bool = False) -> list[str]:
    """What a copy of this process tells while it works; it shares nothing with others."""
    connections.close_all()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        _work_and_end(work, write)
    os.close(write)
    lines = []
    with os.fdopen(read) as heard:
        for line in heard:
            lines.append(line.rstrip("\n"))
            if echo:
                print(lines[-1], flush=True)
    os.waitpid(child, 0)
    return lines


def _work_and_end(work: Callable[[TextIO], None], write: int) -> None:
    signal.signal(signal.SIGALRM, _too_late)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    try:
        with os.fdopen(write, "w") as told:
            try:
                work(told)
            except BaseException:  # noqa: BLE001 (nothing of the parent's may run here)
                told.write(traceback.format_exc())
    finally:
        os._exit(0)


def _too_late(_signal: int, _frame: object) -> None:
    raise TimeoutError(f"no end after {TEST_SECONDS} s")


def _warm(items: list[pytest.Item]) -> None:
    """Make the database and load what the first calls load, as every child has it then."""
    for name in WARM:
        item = next(item for item in items if item.name.startswith(name))
        reports = runtestprotocol(item, log=False, nextitem=items[-1])
        if any(report.failed for report in reports):
            raise pytest.UsageError(f"{item.nodeid} fails by itself")


def _is_apart(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    fixtures = set(getattr(item, "fixturenames", ()))
    return (
        item.path.stem.startswith(rules.NOT_ASKED)
        or (marker is not None and bool(marker.kwargs.get("transaction")))
        or not fixtures.isdisjoint({"transactional_db", "live_server"})
    )


def _is_led(test: str) -> bool:
    """Whether another test tells what this one runs."""
    name = _function(test).partition("::")[2]
    return any(name in names for names in rules.ALIKE.values())


def _function(test: str) -> str:
    return test.partition("[")[0]


def _words(text: str) -> set[str]:
    """The words of a path or a name, without their plural."""
    found = re.findall(r"[a-z]+", text.lower())
    return {word.rstrip("s") for word in found} - COMMON

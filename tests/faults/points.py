"""Named places in a pass or a call at which a process is killed or stopped, as machines may be."""

from __future__ import annotations

import importlib
import os
import random
import signal
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

# Name → module, the function or method it belongs to, and on which side of it.
Points = dict[str, tuple[str, str, str]]
POINTS: Points = {
    "the cluster is taken": ("compute.sync.lease", "Lease.take", "after"),
    "jobs are claimed, nothing is sent": ("compute.sync.dispatch", "_claim", "after"),
    "a submission is about to leave": ("compute.slurm.dialect", "Dialect.submit_held", "before"),
    "a submission was answered": ("compute.slurm.dialect", "Dialect.submit_held", "after"),
    "ids are about to be kept": ("compute.sync.dispatch", "commit_ids", "before"),
    "ids are kept, nothing is released": ("compute.sync.dispatch", "commit_ids", "after"),
    "a release is about to leave": ("compute.slurm.dialect", "Dialect.release", "before"),
    "a release was answered, not noted": ("compute.slurm.dialect", "Dialect.release", "after"),
    "a lost job was looked up": ("compute.sync.recover", "_find", "after"),
    "a lost job was adopted": ("compute.sync.recover", "commit_id", "after"),
    "a lost job is about to be sent again": (
        "compute.sync.recover",
        "_give_up_or_send_again",
        "before",
    ),
    "a state was noted": ("compute.sync.follow", "_see", "after"),
    "a job is about to be cancelled": ("compute.slurm.dialect", "Dialect.cancel", "before"),
    "a job was cancelled, not noted": ("compute.slurm.dialect", "Dialect.cancel", "after"),
    "usage is about to be booked": ("compute.sync.accounting", "settle", "before"),
    "usage is about to be committed": ("compute.sync.accounting", "_give_back", "after"),
    "usage is booked": ("compute.sync.accounting", "settle", "after"),
}
# The same of a call to the web.
TAKEN = "the key is taken, nothing is done"
DONE = "all is done and written, nothing is committed"
COMMITTED = "all is committed, nothing is answered"
LINE_KEPT = "a line of a catalogue is kept, it is not answered"
WEB_POINTS: Points = {
    TAKEN: ("cesai.idempotency", "_take", "after"),
    DONE: ("cesai.idempotency", "_keep", "after"),
    COMMITTED: ("cesai.idempotency", "IdempotencyMiddleware._once", "after"),
    LINE_KEPT: ("registry.exchange.push", "_one", "after"),
}
KILLED, STOPPED = "killed", "stopped"


class Executioner:
    """Ends or stops this process at the points, by lot; each end stands in a file first."""

    def __init__(self, journal: Path, seed: int, *, rare: float, stops: float) -> None:
        self._journal = journal
        self._dice = random.Random(seed)
        self._rare = rare  # how likely at a point where it has happened before
        self._stops = stops  # how likely it is stopped in place of killed
        self._known = set(read_hits(journal))

    def install(self, points: Points = POINTS) -> None:
        """Wrap the functions that the points belong to."""
        for name, (module, path, side) in points.items():
            owner: Any = importlib.import_module(module)
            *parts, last = path.split(".")
            for part in parts:
                owner = getattr(owner, part)
            setattr(owner, last, self._wrapped(name, getattr(owner, last), side))

    def _wrapped(self, name: str, call: Callable[..., Any], side: str) -> Callable[..., Any]:
        @wraps(call)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            if side == "before":
                self._pass(name)
            result = call(*args, **kwargs)
            if side == "after":
                self._pass(name)
            return result

        return wrapper

    def _pass(self, name: str) -> None:
        # Where it has not happened yet it happens: some points are passed only now and then.
        if name in self._known and self._dice.random() >= self._rare:
            return
        self._known.add(name)
        is_stopped = self._dice.random() < self._stops
        with self._journal.open("a") as journal:
            journal.write(f"{STOPPED if is_stopped else KILLED}\t{os.getpid()}\t{name}\n")
        os.kill(os.getpid(), signal.SIGSTOP if is_stopped else signal.SIGKILL)


def read_hits(journal: Path) -> list[str]:
    """The names of the points that were hit so far, in order."""
    if not journal.exists():
        return []
    return [line.split("\t")[2] for line in journal.read_text().splitlines()]

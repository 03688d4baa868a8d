"""The simulator's jobs and what they were asked to be."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

ENDED = frozenset({"CANCELLED", "COMPLETED", "FAILED", "TIMEOUT"})
# What a script says about itself to the simulator; a shell takes it for a comment.
_DIRECTIVE = re.compile(r"^# simulate:(?P<words>.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Description:
    """A job as it was submitted, in neither wire version's spelling."""

    name: str
    comment: str
    account: str
    partition: str
    script: str
    minutes: int
    nodes: int
    gpus_per_node: int
    is_held: bool
    may_requeue: bool
    tasks: tuple[int, ...] = ()  # of an array; every size above is that of one task
    tasks_at_once: int = 0  # 0: all

    @property
    def gpus(self) -> int:
        return self.nodes * self.gpus_per_node

    def told(self, word: str, default: float) -> float:
        """A number from the line `# simulate: seconds=2 exit=3`."""
        if line := _DIRECTIVE.search(self.script):
            for part in line["words"].split():
                key, _, value = part.partition("=")
                if key == word:
                    return float(value)
        return default


@dataclass(frozen=True)
class Run:
    """One stay in the queue and on the nodes; a requeue begins another. Times are epoch."""

    submitted_at: float
    started_at: float | None = None
    ended_at: float | None = None
    state: str = "PENDING"
    exit_code: int = 0
    signal: int = 0

    def as_of(self, moment: float) -> Run | None:
        """What was known at an earlier time; None if it was not submitted yet."""
        if moment < self.submitted_at:
            return None
        if self.ended_at is not None and moment < self.ended_at:
            state = "PENDING" if self.started_at is None else "RUNNING"
            return replace(self, ended_at=None, state=state, exit_code=0, signal=0).as_of(moment)
        if self.started_at is not None and moment < self.started_at:
            return replace(self, started_at=None, state="PENDING")
        return self


@dataclass
class Job:
    """A job of the simulator; `run` is its present stay, `earlier` those ended by a requeue.

    The tasks of an array that have not started are one job with the array's id. A task that
    starts becomes a job of its own, but for the last, which keeps that id.
    """

    job_id: int
    user: str
    description: Description
    run: Run
    is_held: bool
    reason: str = ""
    begins_at: float = 0.0
    earlier: list[Run] = field(default_factory=list)
    array_job_id: int = 0  # 0: no array
    array_task_id: int | None = None
    tasks: list[int] = field(default_factory=list)  # that have not started

    @property
    def is_in_array(self) -> bool:
        return self.array_job_id > 0

    @property
    def is_split_off(self) -> bool:
        """Whether it got its id when its task started."""
        return self.is_in_array and self.job_id != self.array_job_id

    def take_task(self, new_id: int) -> Job:
        """The next task to start, under a new id while others wait."""
        task = self.tasks.pop(0)
        if self.tasks:
            described = replace(self.description, tasks=())
            return replace(
                self,
                job_id=new_id,
                description=described,
                array_task_id=task,
                tasks=[],
                earlier=[],
            )
        self.array_task_id = task
        return self

    @property
    def is_active(self) -> bool:
        return self.run.state not in ENDED

    @property
    def runs(self) -> list[Run]:
        return [*self.earlier, self.run]

    @property
    def shown_end(self) -> float | None:
        """The end, for a running job the end of its time limit, None while it waits."""
        if self.run.ended_at is None and self.run.started_at is not None:
            return self.run.started_at + self.description.minutes * 60
        return self.run.ended_at

    @property
    def priority(self) -> int:
        return 0 if self.is_held or self.reason == "BadConstraints" else 1

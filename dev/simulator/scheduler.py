"""Decides in the simulator which job may be submitted, starts, ends and when."""

from __future__ import annotations

import heapq
from dataclasses import asdict, dataclass, replace
from math import inf
from typing import Any

from dev.simulator.accounting import ACCESS_DENIED, Accounting, RefusedError
from dev.simulator.jobs import Description, Job, Run
from dev.simulator.journal import Journal
from dev.simulator.limits import Limits

INVALID_PARTITION = 2000
INVALID_USER = 2010
NODE_UNAVAILABLE = 2014
INVALID_JOB = 2017
ALREADY_DONE = 2021
INVALID_ACCOUNT = 2045
POLICY = 2050
FINISHED = 2084
# Signals that end a cancelled job, and a requeued job's wait, as Slurm has them.
SIGTERM = 15
REQUEUE_SECONDS = 120


@dataclass(frozen=True)
class Pool:
    """The cluster's one partition on its one node."""

    partition: str
    gpus: int
    max_minutes: int = 2880


class Scheduler:
    """Jobs in order of submission on one pool; time passes when `advance` is called."""

    def __init__(self, pool: Pool, accounting: Accounting, journal: Journal) -> None:
        self.pool = pool
        self.jobs: dict[int, Job] = {}
        self.starts: list[dict[str, Any]] = []
        self._accounting = accounting
        self._limits = Limits(accounting)
        self._journal = journal
        self._waiting: dict[int, Job] = {}
        self._running: dict[int, Job] = {}
        self._ends: list[tuple[float, int]] = []
        self._arrays: dict[int, list[Job]] = {}
        self.ignores_holds = False  # as a site may that has a plugin of its own
        self._last_id = 0
        # Until then nothing can start that could not at the last look: most looks are free.
        self._settled_until = 0.0

    def restore(self, content: dict[str, Any]) -> None:
        """Take a job from the journal, over what was known of it."""
        content["description"] = Description(**content["description"])
        content["run"] = Run(**content["run"])
        content["earlier"] = [Run(**run) for run in content["earlier"]]
        job = Job(**content)
        self.jobs[job.job_id] = job
        self._last_id = max(self._last_id, job.job_id)

    def restore_queues(self) -> None:
        """Find what waits and runs once all jobs are restored."""
        for job in self.jobs.values():
            # A kill between two lines: the task was written, the row it left was not.
            if job.is_split_off and job.array_task_id in self.jobs[job.array_job_id].tasks:
                self.jobs[job.array_job_id].tasks.remove(job.array_task_id)
        for job in self.jobs.values():
            self._join_array(job)
            for run in job.runs:
                self._limits.book(job, run)
            if job.run.state == "RUNNING":
                self._running[job.job_id] = job
                heapq.heappush(self._ends, (self._ends_at(job), job.job_id))
            elif job.is_active:
                self._waiting[job.job_id] = job

    def members(self, job_id: int) -> list[Job]:
        """What is meant by an id: the jobs of an array, or the one job; raises RefusedError."""
        job = self._known(job_id)
        return list(self._arrays.get(job_id, [job]))

    def submit(self, user: str, description: Description, now: float) -> Job:
        self._check(user, description)
        job_id = self._new_id()
        is_held = description.is_held and not self.ignores_holds
        job = Job(
            job_id=job_id,
            user=user,
            description=description,
            run=Run(submitted_at=now),
            is_held=is_held,
            reason="JobHeldUser" if is_held else "Priority",
            array_job_id=job_id if description.tasks else 0,
            tasks=list(description.tasks),
        )
        self.jobs[job_id] = self._waiting[job_id] = job
        self._join_array(job)
        self._keep(job)
        self.advance(now)
        return job

    def set_hold(self, user: str, job_id: int, is_held: bool, now: float) -> None:
        members = self.members(job_id)
        if members[0].user != user:
            raise RefusedError(INVALID_USER)
        active = [job for job in members if job.is_active]
        if not active:
            raise RefusedError(FINISHED)
        for job in active:
            job.is_held = is_held
            if is_held:
                job.reason = "JobHeldUser"
            else:
                is_waiting = job.run.state == "PENDING"
                job.reason = (self._obstacle(job, now) or "Priority") if is_waiting else ""
            self._keep(job)
        self.advance(now)

    def cancel(self, user: str, job_id: int, now: float, *, by_coordinator: bool) -> None:
        members = self.members(job_id)
        coordinates = self._accounting.coordinates(user, members[0].description.account)
        if members[0].user != user and not (by_coordinator and coordinates):
            raise RefusedError(ACCESS_DENIED)
        active = [job for job in members if job.is_active]
        if not active:
            raise RefusedError(ALREADY_DONE)
        for job in active:
            signal = SIGTERM if job.run.state == "RUNNING" else 0
            self._end(job, replace(job.run, state="CANCELLED", ended_at=now, signal=signal))
        self.advance(now)

    def requeue(self, job_id: int, now: float) -> None:
        """Send a running job back to the queue, as staff can: same id, another run."""
        job = self._known(job_id)
        self._end(job, replace(job.run, state="REQUEUED", ended_at=now))
        job.earlier.append(job.run)
        job.run = Run(submitted_at=now)
        job.reason, job.begins_at = "BeginTime", now + REQUEUE_SECONDS
        self._waiting[job_id] = job
        self._keep(job)

    def advance(self, now: float) -> None:
        """Let everything happen that is due, each at its own time."""
        while self._ends and self._ends[0][0] <= now:
            ended_at, job_id = heapq.heappop(self._ends)
            if job_id in self._running:
                self._finish(self._running[job_id], ended_at)
                self._start_what_may(ended_at)
        if now >= self._settled_until:
            self._start_what_may(now)

    def unsettle(self) -> None:
        """Something changed outside, a limit for example: look again who may start."""
        self._settled_until = 0.0

    def _check(self, user: str, description: Description) -> None:
        if description.partition != self.pool.partition:
            raise RefusedError(INVALID_PARTITION)
        if self._accounting.get(description.account, user) is None:
            raise RefusedError(INVALID_ACCOUNT)
        # A hold hides that no node can ever give this.
        if not description.is_held and self._is_impossible(description):
            raise RefusedError(NODE_UNAVAILABLE)
        active = [*self._waiting.values(), *self._running.values()]
        if not self._limits.admit(description, active):
            raise RefusedError(POLICY)

    def _is_impossible(self, description: Description) -> bool:
        return description.gpus_per_node > self.pool.gpus

    def _start_what_may(self, now: float) -> None:
        settled_until = inf
        for job in list(self._waiting.values()):
            if job.is_held or job.run.submitted_at > now:
                continue
            if job.begins_at > now:
                settled_until = min(settled_until, job.begins_at)
            while job.job_id in self._waiting:
                obstacle = self._obstacle(job, now)
                if obstacle is None:
                    self._start(job, now)
                    continue
                if obstacle != job.reason:
                    job.reason = obstacle
                    self._keep(job)
                break
        self._settled_until = settled_until

    def _obstacle(self, job: Job, now: float) -> str | None:
        """Why a released job cannot start, in Slurm's word."""
        description = job.description
        if self._is_impossible(description):
            return "BadConstraints"
        if description.nodes > 1:
            return "PartitionNodeLimit"
        if description.minutes > self.pool.max_minutes:
            return "PartitionTimeLimit"
        if job.begins_at > now:
            return "BeginTime"
        exceeded = self._limits.exceeded(description, self._running.values())
        if limit := exceeded or self._array_limit(job):
            return limit
        return "Resources" if description.gpus > self.pool.gpus - self._busy() else None

    def _next_task(self, job: Job) -> Job:
        """The job itself, or a task of an array, with an id of its own while others wait."""
        if not job.tasks:
            return job
        task = job.take_task(self._last_id + 1)
        if task is not job:
            self.jobs[self._new_id()] = task
            self._join_array(task)
        return task

    def _start(self, waiting: Job, now: float) -> None:
        job = self._next_task(waiting)
        job.run = replace(job.run, state="RUNNING", started_at=now)
        job.reason = ""
        self._waiting.pop(job.job_id, None)
        self._running[job.job_id] = job
        heapq.heappush(self._ends, (self._ends_at(job), job.job_id))
        start = {
            "job_id": job.job_id,
            "name": job.description.name,
            "user": job.user,
            "account": job.description.account,
            "gpus": job.description.gpus,
            "array_job_id": job.array_job_id,
            "array_task_id": job.array_task_id,
            "restarts": len(job.earlier),
            "started_at": now,
        }
        self.starts.append(start)
        self._journal.write("start", start)
        self._keep(job)
        if job is not waiting:
            self._keep(waiting)

    def _finish(self, job: Job, now: float) -> None:
        code = int(job.description.told("exit", 0))
        state = "FAILED" if code else "COMPLETED"
        if job.description.told("seconds", 1) > job.description.minutes * 60:
            state, code = "TIMEOUT", 0
        job.reason = {"FAILED": "NonZeroExitCode", "TIMEOUT": "TimeLimit"}.get(state, "")
        self._end(job, replace(job.run, state=state, ended_at=now, exit_code=code))

    def _end(self, job: Job, run: Run) -> None:
        job.run = run
        job.is_held = False
        self._waiting.pop(job.job_id, None)
        self._running.pop(job.job_id, None)
        self._limits.book(job, run)
        self._keep(job)

    def _ends_at(self, job: Job) -> float:
        seconds = min(job.description.told("seconds", 1), job.description.minutes * 60)
        return (job.run.started_at or 0.0) + seconds

    def _new_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def _join_array(self, job: Job) -> None:
        if job.is_in_array:
            self._arrays.setdefault(job.array_job_id, []).append(job)

    def _known(self, job_id: int) -> Job:
        if job_id not in self.jobs:
            raise RefusedError(INVALID_JOB)
        return self.jobs[job_id]

    def _busy(self) -> int:
        return sum(job.description.gpus for job in self._running.values())

    def _array_limit(self, task: Job) -> str | None:
        limit = task.description.tasks_at_once
        array = self._arrays.get(task.array_job_id, []) if limit else []
        is_full = limit and sum(job.run.state == "RUNNING" for job in array) >= limit
        return "JobArrayTaskLimit" if is_full else None

    def _keep(self, job: Job) -> None:
        """Every change of a job passes here."""
        self._settled_until = 0.0
        if self._journal.is_kept:
            self._journal.write("job", asdict(job))

"""One simulated cluster: scheduler, accounting, what it remembers and who may speak to it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import jwt

from dev.simulator.accounting import Accounting, Association
from dev.simulator.faults import Faults
from dev.simulator.jobs import Job, Run
from dev.simulator.journal import Journal
from dev.simulator.scheduler import Pool, Scheduler

# Slurm's default: ended jobs leave slurmctld after five minutes and stay in the accounting.
MIN_JOB_AGE = 300


@dataclass(frozen=True)
class Settings:
    """What a simulated cluster is; seconds where nothing else is said."""

    name: str = "simulated"
    wire: str = "v0.0.38"
    slurm_version: str = ""
    partition: str = "gpu"
    gpus: int = 8
    parent_account: str = "cesai"
    control_user: str = "cesai-control"
    accounting_lag: float = 0.0
    clock_offset: float = 0.0  # how far its clock is ahead of ours
    state: Path | None = None

    @property
    def release(self) -> str:
        return self.slurm_version or {"v0.0.38": "22.05.8"}.get(self.wire, "24.11.5")


class Cluster:
    """Everything behind the wire; callers hold no lock, the server serialises calls."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.faults = Faults()
        self._journal = Journal(settings.state)
        # Whoever starts a simulated cluster may make its tokens, without asking it for a key.
        self._key = f"the simulated cluster {settings.name} trusts all"
        self.accounting = Accounting(self._journal)
        pool = Pool(partition=settings.partition, gpus=settings.gpus)
        self.scheduler = Scheduler(pool, self.accounting, self._journal)
        self._restore()

    def now(self) -> float:
        """What its clock shows, in epoch seconds."""
        return time.time() + self.settings.clock_offset

    def token(self, user: str, seconds: int = 3600) -> str:
        """A token as `scontrol token` makes them; a negative lifetime gives an expired one."""
        now = int(self.now())
        claims = {"sun": user, "iat": now, "exp": now + seconds}
        return jwt.encode(claims, self._key, algorithm="HS256")

    def accepts(self, user: str, token: str) -> bool:
        """Whether slurmctld and slurmdbd take the token for this user's."""
        claims = _read(token, self._key)
        return claims.get("sun") == user and claims.get("exp", 0) > self.now()

    def jobs(self, now: float, job_id: int | None = None) -> Iterator[Job]:
        """What slurmctld still knows, or of that the one with this id, or all of an array."""
        for job in self._having(job_id):
            if job.run.ended_at is None or job.run.ended_at > now - MIN_JOB_AGE:
                yield job

    def records(self, now: float, job_id: int | None = None) -> Iterator[tuple[Job, Run, int]]:
        """What slurmdbd knows: job, run and number of restarts before it; lags if told to."""
        for job in self._having(job_id):
            for restarts, run in enumerate(job.runs):
                known = run.as_of(now - self.settings.accounting_lag)
                # A task has no row of its own before it starts.
                is_early = known and known.started_at is None and restarts == 0
                if known is not None and not (is_early and job.is_split_off):
                    yield job, known, restarts

    def _having(self, job_id: int | None) -> Iterable[Job]:
        jobs = self.scheduler.jobs
        if job_id is None:
            return jobs.values()
        return self.scheduler.members(job_id) if job_id in jobs else []

    def close(self) -> None:
        self._journal.close()

    def _restore(self) -> None:
        """Take everything up where an earlier simulator with this file left it."""
        settings = self.settings
        parent = Association(settings.parent_account, parent="root")
        self.accounting.set(parent, is_kept=False)
        coordinator = Association(settings.parent_account, user=settings.control_user)
        self.accounting.set(coordinator, is_kept=False)
        self.accounting.make_coordinator(settings.parent_account, settings.control_user)
        for kind, content in self._journal.entries():
            if kind == "job":
                self.scheduler.restore(content)
            elif kind == "start":
                self.scheduler.starts.append(content)
            elif kind == "association":
                self.accounting.restore(content)
        self.scheduler.restore_queues()


@lru_cache(maxsize=1024)
def _read(token: str, key: str) -> dict[str, Any]:
    """The claims of a token with a right signature, whether it has expired or not."""
    try:
        return jwt.decode(token, key, algorithms=["HS256"], options={"verify_exp": False})
    except jwt.InvalidTokenError:
        return {}

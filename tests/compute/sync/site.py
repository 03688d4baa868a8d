"""A simulated cluster with its record in the portal, and what the people of its site do."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F

from compute.models import Allocation, Balance, Cluster, Job, Limit
from compute.sync.passes import sync_cluster
from dev.simulator import Simulator
from dev.simulator.accounting import Association
from dev.simulator.cluster import Cluster as Simulated
from dev.simulator.faults import Fault
from dev.simulator.jobs import Description, Run
from dev.simulator.jobs import Job as SlurmJob
from dev.simulator.journal import started_name
from tests import make

CONTROL = "cesai-control"
LASTS = "#!/bin/sh\n# simulate: seconds=250\n"


@dataclass
class Site:
    """The simulator, the cluster's row, and the deeds of the people who run it."""

    simulator: Simulator
    cluster: Cluster

    @property
    def simulated(self) -> Simulated:
        return self.simulator.cluster

    def sync(self, *, now: datetime | None = None) -> dict[str, Any]:
        """One pass."""
        return sync_cluster(self.cluster.slug, now=now or make.now())

    def plan(self, fault: Fault, path: str = "") -> None:
        """Let the next call to this path go wrong."""
        self.simulator.faults.plan(fault, path)

    def deliver(self, *users: str, seconds: int = 3600) -> None:
        """Fresh tokens, as from the site's cron job."""
        for user in users:
            kind = "control" if user == CONTROL else "run"
            token = self.simulator.token(user, seconds)
            make.deliver(self.cluster, user, token, kind=kind)

    def set_limit(self, limit: Limit, *, gpu_minutes: int | None = None) -> None:
        """What the shown command does."""
        allocation = limit.allocation
        minutes = limit.desired_gpu_minutes if gpu_minutes is None else gpu_minutes
        account = Association(allocation.slurm_account, parent="cesai", gpu_minutes=minutes)
        self.simulated.accounting.set(account)
        user = Association(allocation.slurm_account, user=allocation.unix_user)
        self.simulated.accounting.set(user)
        self.simulated.scheduler.unsettle()

    def of(self, job: Job) -> SlurmJob:
        """The canonical Slurm job of an intent."""
        job.refresh_from_db()
        assert job.slurm_job_id is not None
        return self.simulated.scheduler.jobs[job.slurm_job_id]

    def all_of(self, job: Job) -> list[SlurmJob]:
        """Every Slurm job under an intent's name."""
        jobs = self.simulated.scheduler.jobs.values()
        return [row for row in jobs if row.description.name == job.token]

    def arrive(self, job: Job, **changes: Any) -> SlurmJob:
        """A submission of this intent that was under way for long arrives, held."""
        allocation = job.allocation
        described = Description(
            name=job.token,
            comment=job.token,
            account=allocation.slurm_account,
            partition="gpu",
            script=job.script,
            minutes=job.minutes,
            nodes=job.nodes,
            gpus_per_node=job.gpus // job.nodes,
            is_held=True,
            may_requeue=False,
        )
        scheduler = self.simulated.scheduler
        user = changes.pop("user", allocation.unix_user)
        return scheduler.submit(user, replace(described, **changes), time.time())

    def finish(self, row: SlurmJob, seconds: int, state: str = "COMPLETED", code: int = 0) -> None:
        """Let a job have run so long and end now."""
        ended = time.time()
        run = Run(ended - seconds, ended - seconds, ended, state, code)
        self.simulated.scheduler._end(row, run)

    def forget(self, row: SlurmJob) -> None:
        """slurmctld purges an ended job; the accounting keeps it."""
        assert row.run.ended_at
        earlier = {name: getattr(row.run, name) - 400 for name in _TIMES if getattr(row.run, name)}
        row.run = replace(row.run, **earlier)

    @property
    def starts(self) -> Counter[str]:
        """How often each name, of an array each task, was started, by the simulator's record."""
        return Counter(started_name(start) for start in self.simulator.starts)


_TIMES = ("submitted_at", "started_at", "ended_at")


def submit(allocation: Allocation, **values: Any) -> Job:
    """An intent that, once started, runs longer than any test."""
    return make.make_job(allocation, **{"script": LASTS, **values})


def age(seconds: int) -> None:
    """As if everything had been sent so much earlier, and no pause were left."""
    Job.objects.update(sent_at=F("sent_at") - timedelta(seconds=seconds), retry_at=None)


def state_of(job: Job) -> str:
    job.refresh_from_db()
    return str(job.state)


def balance_of(allocation: Allocation) -> tuple[int, int, int]:
    """Available, reserved and used GPU-seconds."""
    row = Balance.objects.get(allocation=allocation)
    return row.available, row.reserved, row.used

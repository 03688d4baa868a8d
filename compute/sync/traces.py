"""What a cluster shows of an intent: a live job or a row of its accounting, in one form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from compute.models import Job
from compute.models.jobs import key_of
from compute.slurm.types import JobRecord, JobView

NOT_STARTED = frozenset({"PENDING", "CANCELLED"})


@dataclass(frozen=True, slots=True)
class Trace:
    """One Slurm job under a name of ours; times are epoch seconds of the cluster's clock.

    A task of an array is a trace of the array, by whose id it is known.
    """

    job_id: int
    name: str
    user: str
    account: str
    state: str
    gpus: int
    submit_time: int
    has_started: bool
    is_held: bool

    @property
    def key(self) -> UUID | None:
        """The intent whose name it bears; None for a name that is no token of ours."""
        return key_of(self.name)

    @property
    def rank(self) -> tuple[int, int]:
        """How likely it is the one that was meant, the smallest first.

        One that ran has to be the one; else one that was let go; else one that can still be.
        """
        is_waiting = self.state == "PENDING"
        order = (self.has_started, is_waiting and not self.is_held, self.is_held, True)
        return order.index(True), self.job_id

    def is_of(self, job: Job) -> bool:
        """Whether name, user and account are those of the intent. Clocks are not compared."""
        allocation = job.allocation
        asked = (job.token, allocation.unix_user, allocation.slurm_account)
        return (self.name, self.user, self.account) == asked


def of_view(view: JobView) -> Trace:
    """The trace of a job that slurmctld knows."""
    return _trace(view, has_used=view.start_time is not None, is_held=view.is_held)


def of_record(record: JobRecord) -> Trace:
    """The trace of a job that slurmdbd knows; whether it is held is not told there."""
    return _trace(record, has_used=record.elapsed > 0, is_held=False)


def _trace(row: JobView | JobRecord, *, has_used: bool, is_held: bool) -> Trace:
    return Trace(
        job_id=row.array_job_id or row.job_id,
        name=row.name,
        user=row.user,
        account=row.account,
        state=row.state,
        gpus=row.gpus,
        submit_time=row.submit_time,
        has_started=row.state not in NOT_STARTED or has_used,
        is_held=is_held,
    )


def canonical(job: Job, traces: Iterable[Trace]) -> int | None:
    """The Slurm id that this intent is to be known by; None if it left no trace."""
    mine = [trace for trace in traces if trace.is_of(job)]
    return min(mine, key=lambda trace: trace.rank).job_id if mine else None

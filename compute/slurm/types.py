"""What we say to a cluster and what it says to us, in one vocabulary for all wire versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class JobDescription:
    """One job as it is handed over; every field was checked before it came here."""

    name: str  # the job's token, `cesai-<uuid>`, unique for ever
    script: str
    account: str
    partition: str
    working_directory: str
    environment: Mapping[str, str]
    minutes: int
    nodes: int = 1
    gpus_per_node: int = 1
    gpu_type: str = ""  # gres type, "" for any
    tasks: int = 1
    cpus_per_task: int = 1
    memory_mb_per_node: int = 0  # 0: the partition's default
    output: str = ""  # "": the cluster's default file name in the working directory
    error: str = ""  # "": together with output
    requeue: bool = False
    array: str = ""  # "0-3,7%2": all of these tasks, each of the size above

    @property
    def gpus(self) -> int:
        """GPUs over all nodes, of an array those of one task."""
        return self.nodes * self.gpus_per_node


@dataclass(frozen=True, slots=True)
class Submitted:
    """A job that exists now, held. Problems mean: it is not what was asked for; cancel it."""

    job_id: int
    problems: tuple[str, ...] = ()


class JobView(NamedTuple):
    """A live job as slurmctld shows it. Times are epoch seconds, None where not known yet.

    An array is one row until its first task starts. Then each task that has started is a row
    with an id of its own, and those that have not are one row together, under the array's id;
    the last to start keeps that id. Tasks cancelled before they started stay one row, too.

    A tuple: ten thousand of them are made from one list, in a third of the time.
    """

    job_id: int
    name: str
    account: str
    user: str
    partition: str
    state: str  # base state in capitals without flags: PENDING, RUNNING, COMPLETED, …
    reason: str  # Slurm's word: JobHeldUser, Resources, AssocGrpGRESMinutes, … or ""
    is_held: bool  # PENDING with priority 0 (JobHeldUser or JobHeldAdmin)
    gpus: int  # GPUs asked for, over all nodes
    submit_time: int
    start_time: int | None = None
    end_time: int | None = None
    exit_code: int | None = None  # the shell's exit code 0…255
    signal: int | None = None  # the signal that ended it, if one did
    restarts: int = 0
    array_job_id: int = 0  # the id the array was submitted under, 0: no array
    array_task_id: int | None = None  # the task's index, None for a row of several tasks
    # How many tasks the row stands for; of a list that the cluster cut off, at least so many.
    array_tasks_waiting: int = 1


@dataclass(frozen=True, slots=True)
class JobRecord:
    """One row of a cluster's accounting; identity is (cluster, job_id, submit_time, restarts).

    The rows of an array are as in JobView; those not started yet use nothing.
    """

    cluster: str
    job_id: int
    name: str
    account: str
    user: str
    partition: str
    state: str  # as in JobView, REQUEUED for a run that ended by a requeue
    submit_time: int
    start_time: int | None
    end_time: int | None  # None: still running, runaway, or not complete yet: not to be booked
    elapsed: int  # seconds, as the site counts them; -1 where the row does not tell
    gpus: int  # allocated, over all nodes
    restarts: int = 0
    array_job_id: int = 0  # as in JobView
    array_task_id: int | None = None
    array_tasks_waiting: int = 1

    @property
    def gpu_seconds(self) -> int:
        return self.elapsed * self.gpus


@dataclass(frozen=True, slots=True)
class AssociationView:
    """An account (user == "") or a user's association with it, as slurmdbd holds it."""

    account: str
    parent: str
    user: str
    gpu_minutes: int | None  # GrpTRESMins gres/gpu, None: no limit
    gpus: int | None  # GrpTRES gres/gpu, None: no limit
    max_submit_jobs: int | None  # GrpSubmitJobs, 0: paused, None: no limit


@dataclass(frozen=True, slots=True)
class Ping:
    """Whether slurmctld answers behind slurmrestd, and which release and wire version speak."""

    is_up: bool
    slurm_version: str  # "22.05.8", "" if not told
    wire: str  # "v0.0.38"
    cluster: str = ""  # the cluster's own name, "" if not told
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PartitionView:
    """A partition, for checking a pool against the real thing."""

    name: str
    state: str
    max_minutes: int | None
    nodes: tuple[str, ...] = field(default_factory=tuple)

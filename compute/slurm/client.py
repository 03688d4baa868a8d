"""The promise every cluster connection keeps, whichever release answers."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import ClassVar, Protocol, Self

from compute.slurm.types import (
    AssociationView,
    JobDescription,
    JobRecord,
    JobView,
    PartitionView,
    Ping,
    Submitted,
)


class SlurmClient(Protocol):
    """One cluster as one UNIX user. Every method raises a `slurm.errors.SlurmError` and no other.

    Nothing here retries. Reads raise `Ambiguous` when the answer is not complete: no decision.
    """

    wire: str
    # Whether an account that exists can be changed: 22.05 would ignore it, or crash.
    can_change_accounts: ClassVar[bool]

    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def ping(self) -> Ping:
        """Ask slurmctld's health through slurmrestd. A slurmctld that is down is an answer."""

    def submit_held(self, job: JobDescription) -> Submitted:
        """Submit held. `job_id > 0` alone decides; warnings other than the hold are problems.

        Raises NotReached (surely nothing), RefusedByCluster (final), CredentialRejected,
        Ambiguous (a job may exist: look it up by its name).
        """

    def release(self, job_id: int) -> None:
        """Let a held job start, of an array (by its id) all tasks.

        Safe to repeat: a released, running or finished job or task is success. Raises Ambiguous
        while tasks of an array are held although nothing was refused.
        """

    def cancel(self, job_id: int) -> None:
        """End a job, of an array (by its id) all tasks that have not ended.

        Safe to repeat: a finished or unknown job is success, a foreign one not.
        """

    def jobs(self) -> Sequence[JobView]:
        """All live jobs that this user may see."""

    def job(self, job_id: int) -> JobView | None:
        """One live job; None if slurmctld does not know it (any more).

        By the id of an array it is the row that has this id: the tasks that have not started,
        or at the end the last task.
        """

    def tasks(self, job_id: int) -> Sequence[JobView]:
        """All live rows of an array by its id, of a plain job its one row; none if unknown.

        Tasks that ended long ago are missing here: their records tell.
        """

    def records_named(self, name: str, *, since: int) -> Sequence[JobRecord]:
        """Accounting rows of exactly this name, submitted at or after `since` (epoch seconds)."""

    def records_of(self, job_id: int) -> Sequence[JobRecord]:
        """All accounting rows of an id: requeues and earlier uses of the id included.

        By the id of an array these are the rows of all its tasks, whose ids are their own.
        """

    def history(self, *, start: int, end: int) -> Sequence[JobRecord]:
        """Accounting rows of all visible jobs that were alive in [start, end), epoch seconds."""

    def partitions(self) -> Sequence[PartitionView]:
        """The partitions that this user may see."""

    def create_account(
        self, *, name: str, parent: str, description: str, gpu_minutes: int
    ) -> None:
        """Create an account under `parent` with GrpTRESMins gres/gpu in the creating call.

        Never changes an existing one: the caller reads first. Needs the control credential.
        """

    def change_account(
        self, *, name: str, gpu_minutes: int | None = None, max_submit_jobs: int | None = None
    ) -> None:
        """Set an existing account's GrpTRESMins gres/gpu and GrpSubmitJobs; None: no limit.

        All its other limits are sent as they were read, because what is not sent is cleared.
        Raises Unsupported, without a call, where accounts cannot be changed; RefusedByCluster
        for one that is not there.
        """

    def create_user_association(self, *, account: str, user: str) -> None:
        """Let a UNIX user submit under an account. Repeating it is success."""

    def associations(self, accounts: Sequence[str]) -> Sequence[AssociationView]:
        """What slurmdbd holds for these accounts and for the users associated with them."""

    def association(self, *, account: str, user: str = "") -> AssociationView | None:
        """What slurmdbd holds for an account (user "") or a user's association with it."""

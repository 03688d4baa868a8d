"""What the simulator's accounts may still do, given what ran and what runs."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from dev.simulator.accounting import Accounting
from dev.simulator.jobs import Description, Job, Run


class Limits:
    """The limits of an account and of all above it."""

    def __init__(self, accounting: Accounting) -> None:
        self._accounting = accounting
        self._used_gpu_seconds: dict[str, float] = {}

    def book(self, job: Job, run: Run) -> None:
        """Count what a run has used, once it has ended."""
        if run.started_at is not None and run.ended_at is not None:
            used = (run.ended_at - run.started_at) * job.description.gpus
            for association in self._accounting.lineage(job.description.account):
                account = association.account
                self._used_gpu_seconds[account] = self._used_gpu_seconds.get(account, 0.0) + used

    def admit(self, description: Description, active: Collection[Job]) -> bool:
        """Whether one more may be submitted; of an array each task counts."""
        more = len(description.tasks) or 1
        for association in self._accounting.lineage(description.account):
            limit = association.max_submit_jobs
            below = self._below(association.account, active)
            if limit is not None and sum(len(job.tasks) or 1 for job in below) + more > limit:
                return False
        return True

    def exceeded(self, description: Description, running: Collection[Job]) -> str | None:
        """Slurm's word for the limit that keeps it from starting."""
        for association in self._accounting.lineage(description.account):
            below = [*self._below(association.account, running)]
            if association.max_jobs is not None and len(below) >= association.max_jobs:
                return "AssocGrpJobsLimit"
            gpus = sum(job.description.gpus for job in below)
            if association.gpus is not None and gpus + description.gpus > association.gpus:
                return "AssocGrpGRES"
            if association.gpu_minutes is not None:
                # As with `safe`: a job starts only if its whole time limit fits.
                promised = sum(job.description.gpus * job.description.minutes for job in below)
                used = self._used_gpu_seconds.get(association.account, 0.0) / 60
                asked = description.gpus * description.minutes
                if used + promised + asked > association.gpu_minutes:
                    return "AssocGrpGRESMinutes"
        return None

    def _below(self, account: str, jobs: Collection[Job]) -> Iterator[Job]:
        for job in jobs:
            lineage = self._accounting.lineage(job.description.account)
            if any(association.account == account for association in lineage):
                yield job

"""The calls that all wire versions have in common; v38 and v42 fill in the spelling."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import ClassVar, NoReturn, Self

from compute.slurm import classify
from compute.slurm.answers import Answer, Call, Row, integer, mapping, text
from compute.slurm.errors import (
    Ambiguous,
    CredentialRejected,
    RefusedByCluster,
    SlurmError,
    Unsupported,
)
from compute.slurm.types import (
    AssociationView,
    JobDescription,
    JobRecord,
    JobView,
    PartitionView,
    Ping,
    Submitted,
)

# slurmrestd cannot read a time before this as `uts…` (22.05, measured).
EARLIEST = 1_000_000
ACCOUNTS_AT_ONCE = 100  # named in one address, which servers cut off at some kilobytes


class Dialect(ABC):
    """A `SlurmClient` over a `Call`; see there for what its methods promise."""

    wire: str
    can_change_accounts: ClassVar[bool] = False
    # Codes that this release gives for a bad token and for a silent slurmctld alike.
    suspicious: ClassVar[frozenset[int]] = frozenset()
    # Sent with every question for accounting rows.
    record_flags: ClassVar[Mapping[str, str]] = {"skip_steps": "true"}

    def __init__(self, call: Call, cluster: str = "") -> None:
        self._call = call
        self._cluster = cluster

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._call.close()

    def ping(self) -> Ping:
        answer = self._ask("GET", self._slurm("ping"))
        is_up = any(self._is_up(row) for row in answer.rows("pings"))
        if not is_up and self._is_token_refused():
            raise CredentialRejected("The cluster does not accept the token.")
        release, cluster = self._identity(answer)
        return Ping(
            is_up=is_up,
            slurm_version=release,
            wire=self.wire,
            cluster=cluster or self._cluster,
            detail="" if is_up else f"slurmctld does not answer: {answer.words}",
        )

    def submit_held(self, job: JobDescription) -> Submitted:
        body = {"script": job.script, "job": self._description(job)}
        answer = self._ask("POST", self._slurm("job/submit"), body=body)
        job_id = integer(answer.body.get("job_id")) or 0
        if job_id <= 0:
            self._fail(answer)
        return Submitted(job_id, tuple(_problems(answer)))

    def release(self, job_id: int) -> None:
        answer = self._ask("POST", f"/slurm/{self.wire}/job/{job_id}", body={"hold": False})
        if answer.codes - classify.FINISHED or (answer.is_failure and not answer.codes):
            self._fail(answer)
        # About an array 22.05 tells one error for all tasks, whether they were released or not:
        # an ended task hides that another was refused.
        if answer.status == 200 and answer.complaints and self._is_any_held(job_id):
            raise Ambiguous(f"Tasks of the array {job_id} are still held: {answer.words}")

    def cancel(self, job_id: int) -> None:
        answer = self._ask("DELETE", f"/slurm/{self.wire}/job/{job_id}")
        gone = classify.FINISHED | {classify.UNKNOWN_JOB}
        if answer.codes - gone or (answer.is_failure and not answer.codes):
            self._fail(answer)

    def jobs(self) -> Sequence[JobView]:
        rows = self._read(self._slurm("jobs"), "jobs")
        return [self._job_view(row) for row in _with_id(rows)]

    def job(self, job_id: int) -> JobView | None:
        views = self.tasks(job_id)
        exact = [view for view in views if view.job_id == job_id]
        return next(iter([*exact, *views]), None)

    def tasks(self, job_id: int) -> Sequence[JobView]:
        answer = self._ask("GET", f"/slurm/{self.wire}/job/{job_id}", is_list=True)
        if classify.UNKNOWN_JOB in answer.codes:
            return []
        return [self._job_view(row) for row in _with_id(self._complete(answer, "jobs"))]

    def records_named(self, name: str, *, since: int) -> Sequence[JobRecord]:
        query = {"job_name": name, **self._submitted_since(max(since, EARLIEST))}
        found = self._records(self._slurmdb("jobs"), query)
        return [row for row in found if row.name == name and row.submit_time >= since]

    def records_of(self, job_id: int) -> Sequence[JobRecord]:
        found = self._records(f"/slurmdb/{self.wire}/job/{job_id}", {})
        return [row for row in found if job_id in (row.job_id, row.array_job_id)]

    def history(self, *, start: int, end: int) -> Sequence[JobRecord]:
        query = {
            "start_time": f"uts{max(start, EARLIEST)}",
            "end_time": f"uts{max(end, EARLIEST)}",
        }
        return self._records(self._slurmdb("jobs"), query)

    def partitions(self) -> Sequence[PartitionView]:
        rows = self._read(self._slurm("partitions"), "partitions")
        return [self._partition_view(row) for row in rows]

    def create_account(
        self, *, name: str, parent: str, description: str, gpu_minutes: int
    ) -> None:
        # Written again, an association is changed; on 22.05 that can crash slurmrestd.
        if self.association(account=name) is not None:
            raise RefusedByCluster(f"The account {name} exists already.")
        # slurmdbd does not take an empty description.
        self._create_account(name, parent, description or name, gpu_minutes)

    def change_account(
        self, *, name: str, gpu_minutes: int | None = None, max_submit_jobs: int | None = None
    ) -> None:
        raise Unsupported(f"{self.wire} cannot change an account; the site's staff can.")

    def create_user_association(self, *, account: str, user: str) -> None:
        if self.association(account=account, user=user) is None:
            self._create_user_association(account, user)

    def associations(self, accounts: Sequence[str]) -> Sequence[AssociationView]:
        starts = range(0, len(accounts), ACCOUNTS_AT_ONCE)
        parts = (self._association_rows(accounts[n : n + ACCOUNTS_AT_ONCE]) for n in starts)
        return [self._association_view(row) for rows in parts for row in rows]

    def association(self, *, account: str, user: str = "") -> AssociationView | None:
        found = self.associations([account])
        return next((view for view in found if view.user == user), None)

    # The spelling of one wire version.

    @abstractmethod
    def _slurm(self, path: str) -> str: ...
    @abstractmethod
    def _slurmdb(self, path: str) -> str: ...
    @abstractmethod
    def _identity(self, answer: Answer) -> tuple[str, str]:
        """The release and the cluster's own name, "" where not told."""

    @abstractmethod
    def _is_up(self, row: Row) -> bool: ...
    @abstractmethod
    def _ask_cluster(self) -> str:
        """Slurm's own name of this cluster, which slurmdbd needs with every association."""

    @abstractmethod
    def _probe_credential(self) -> Answer:
        """A cheap call to slurmdbd, whose answer tells a bad token apart."""

    @abstractmethod
    def _description(self, job: JobDescription) -> Row: ...
    @abstractmethod
    def _submitted_since(self, since: int) -> Mapping[str, str]: ...
    @abstractmethod
    def _job_view(self, row: Row) -> JobView: ...
    @abstractmethod
    def _job_record(self, row: Row) -> JobRecord: ...
    @abstractmethod
    def _partition_view(self, row: Row) -> PartitionView: ...
    @abstractmethod
    def _association_view(self, row: Row) -> AssociationView: ...
    @abstractmethod
    def _create_account(
        self, name: str, parent: str, description: str, gpu_minutes: int
    ) -> None: ...
    @abstractmethod
    def _create_user_association(self, account: str, user: str) -> None: ...

    # What the spellings use.

    def _ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
        is_list: bool = False,
    ) -> Answer:
        answer = self._call(method, path, query=query, body=body, is_list=is_list)
        if not answer.is_from_slurmrestd:
            raise Ambiguous(f"{path} does not answer as slurmrestd does.")
        return answer

    def _read(self, path: str, key: str, query: Mapping[str, str] | None = None) -> Sequence[Row]:
        return self._complete(self._ask("GET", path, query=query, is_list=True), key)

    def _complete(self, answer: Answer, key: str) -> Sequence[Row]:
        """The rows of a complete answer: half a list is no ground for a decision."""
        if answer.codes == {classify.NOTHING_FOUND}:
            return []
        if answer.is_failure:
            self._fail(answer)
        if not isinstance(answer.body.get(key), list):
            raise Ambiguous(f"The answer has no list of {key}.")
        return answer.rows(key)

    def _records(self, path: str, query: Mapping[str, str]) -> Sequence[JobRecord]:
        scope = {"cluster": self._own_cluster(), **self.record_flags}
        rows = self._read(path, "jobs", {**query, **scope})
        records = [self._job_record(row) for row in _with_id(rows)]
        return [record for record in records if record.cluster == self._own_cluster()]

    def _association_rows(self, accounts: Sequence[str]) -> Sequence[Row]:
        query = {"account": ",".join(accounts), "cluster": self._own_cluster()}
        rows = self._read(self._slurmdb("associations"), "associations", query)
        return [
            row
            for row in rows
            # With several clusters in one accounting, or one partition only, it is another one.
            if row.get("cluster") == self._own_cluster()
            and not text(row.get("partition"))
            and row.get("account") in accounts
        ]

    def _is_any_held(self, job_id: int) -> bool:
        return any(view.is_held for view in self.tasks(job_id))

    def _write(self, path: str, body: object) -> None:
        answer = self._ask("POST", path, body=body)
        if answer.is_failure:
            self._fail(answer)
        if answer.warnings:
            raise Ambiguous(f"Not taken as meant, read it back: {'; '.join(answer.warnings)}")

    def _own_cluster(self) -> str:
        self._cluster = self._cluster or self._ask_cluster()
        return self._cluster

    def _fail(self, answer: Answer) -> NoReturn:
        error = classify.failure(answer)
        is_unclear = isinstance(error, Ambiguous) and bool(answer.codes & self.suspicious)
        if is_unclear and self._is_token_refused():
            raise CredentialRejected(f"The cluster does not accept the token: {error.detail}")
        raise error

    def _is_token_refused(self) -> bool:
        try:
            answer = self._probe_credential()
        except SlurmError as error:
            return isinstance(error, CredentialRejected)
        return isinstance(classify.failure(answer), CredentialRejected)


def _problems(answer: Answer) -> Iterable[str]:
    """What is wrong with a job although it exists: everything said except that it is held."""
    for complaint in answer.complaints:
        if complaint.code != classify.HELD:
            yield f"{complaint.text} ({complaint.code})"
    for warning in answer.warnings:
        if "held state" not in warning:
            yield warning


def _with_id(rows: Iterable[Row]) -> Iterable[Row]:
    """Rows that are about a job; whatever else stands in a list must not stop the poll."""
    return (row for row in rows if integer(mapping(row).get("job_id")))

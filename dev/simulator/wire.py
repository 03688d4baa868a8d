"""What both wire versions of the simulator share: requests, routes, Slurm's words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dev.simulator.accounting import RefusedError
from dev.simulator.cluster import Cluster
from dev.simulator.jobs import Job, Run

Body = dict[str, Any]
EARLIEST = 1_000_000

TEXTS = {
    0: "No error",
    -1: "Unspecified error",
    1: "Operation not permitted",
    1000: "Unexpected message received",
    1007: "Protocol authentication error",
    1800: "Unable to contact slurm controller (connect failure)",
    2000: "Invalid partition name specified",
    2002: "Access/permission denied",
    2009: "Job script not specified",
    2010: "Invalid user id",
    2014: "Requested node configuration is not available",
    2015: "Requested partition configuration not available now",
    2017: "Invalid job id specified",
    2019: "I/O error writing script/environment to file",
    2021: "Job/step already completing or completed",
    2025: "Task count specification invalid",
    2042: "Job is in held state, pending scheduler release",
    2045: "Invalid account or account/partition combination specified",
    2046: "Invalid parent account specified",
    2050: "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
    2081: "Invalid job array specification",
    2084: "Job has already finished",
    2127: "environment must be set",
    5005: "Zero Bytes were transmitted or received",
    7000: "Unable to connect to database",
    7012: "Coordinators can not increase job limits beyond the parent ones",
    9000: "Query empty or not RFC7320 compliant",
    9001: "Failure during parsing",
    9003: "Nothing found with query",
    9202: "Unable to convert Data type",
}


@dataclass(frozen=True)
class Request:
    """A call as it came in; `path` has no query and `body` is parsed."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    user: str
    has_good_token: bool
    now: float

    @property
    def parts(self) -> tuple[str, str, str, str]:
        """Plugin, wire version, noun and what follows it."""
        plugin, _, rest = self.path.strip("/").partition("/")
        version, _, rest = rest.partition("/")
        noun, _, argument = rest.partition("/")
        return plugin, version, noun, argument

    @property
    def noun(self) -> str:
        return self.parts[2]

    @property
    def argument(self) -> str:
        return self.parts[3]

    @property
    def call(self) -> str:
        return f"{self.method} {self.noun}"


@dataclass(frozen=True)
class Reply:
    """A status with a JSON body, or plain text."""

    status: int
    body: Body | str


NOT_FOUND = Reply(404, "Unable find requested URL. Please view /openapi/v3 for API reference.")
Handler = Callable[[Request], Reply]


class Wire(ABC):
    """Turns requests into deeds of a cluster and its state into answers."""

    version: str

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.scheduler = cluster.scheduler
        self.accounting = cluster.accounting

    def answer(self, request: Request) -> Reply:
        plugin, version, noun, argument = request.parts
        handler = self.routes().get((request.method, plugin, noun, bool(argument)))
        if handler is None or version != self.version or not self.is_well_formed(request):
            return NOT_FOUND
        faults = self.cluster.faults
        if plugin == "slurm":
            if not request.has_good_token or faults.controller_is_down:
                return self.without_controller(request)
        elif not request.has_good_token or faults.database_is_down:
            return self.without_database(request)
        try:
            return handler(request)
        except RefusedError as refused:
            return self.refusal(request, refused.code)

    def openapi(self) -> Reply:
        """Only what somebody needs who asks which versions are served."""
        paths: Body = {
            f"/{plugin}/{self.version}/{noun}{'/{id}' if has_argument else ''}": {}
            for _, plugin, noun, has_argument in self.routes()
        }
        return Reply(
            200, {"openapi": "3.0.3", "info": {"title": "Slurm REST API"}, "paths": paths}
        )

    @abstractmethod
    def routes(self) -> Mapping[tuple[str, str, str, bool], Handler]:
        """By method, plugin, noun and whether an argument follows."""

    def is_well_formed(self, _: Request) -> bool:
        """Whether the path is spelt as this version wants it."""
        return True

    @abstractmethod
    def without_controller(self, request: Request) -> Reply:
        """What comes when slurmctld is down or does not accept the token."""

    @abstractmethod
    def without_database(self, request: Request) -> Reply:
        """What comes when slurmdbd is down or does not accept the token."""

    @abstractmethod
    def refusal(self, request: Request, code: int) -> Reply: ...

    def live_jobs(self, request: Request) -> list[Job]:
        """All jobs, or the one whose id was given; raises RefusedError if it is unknown."""
        if not request.argument:
            return list(self.cluster.jobs(request.now))
        found = list(self.cluster.jobs(request.now, number(request.argument)))
        if not found:
            raise RefusedError(2017)
        return found

    def asked_records(self, request: Request) -> Iterator[tuple[Job, Run, int]]:
        """Accounting rows by id, name and cluster; times are filtered by the wire version."""
        query = request.query
        if query.get("cluster", self.cluster.settings.name) != self.cluster.settings.name:
            return
        job_id = number(request.argument) if request.argument else None
        for job, run, restarts in self.cluster.records(request.now, job_id):
            if query.get("job_name", job.description.name) == job.description.name:
                yield job, run, restarts


def moment(query: Mapping[str, str], name: str) -> float | None:
    """A time from the query; raises RefusedError for what slurmrestd cannot read."""
    if name not in query:
        return None
    digits = query[name].removeprefix("uts")
    if not digits.isdigit() or int(digits) < EARLIEST:
        raise RefusedError(9000)
    return float(digits)


def overlaps(run: Run, start: float | None, end: float | None) -> bool:
    is_before_end = end is None or run.submitted_at < end
    is_after_start = start is None or run.ended_at is None or run.ended_at >= start
    return is_before_end and is_after_start


def asked_gpus(entries: object) -> int | None:
    """The count of gres/gpu in a list of TRES objects, None if it is not there."""
    for entry in entries if isinstance(entries, list) else []:
        if (entry.get("type"), entry.get("name")) == ("gres", "gpu"):
            return int(entry["count"])
    return None


def dig(value: object, *keys: str) -> Any:
    """What stands in nested objects under the keys, None if something is missing."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def number(argument: str) -> int:
    """A job's id from the path; raises RefusedError as for a job that is not known."""
    if not argument.isdigit():
        raise RefusedError(2017)
    return int(argument)

"""What the contract tests need of a cluster, whichever it is, and of a job."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from compute.slurm.client import SlurmClient
from compute.slurm.rest import connect
from compute.slurm.types import JobDescription, JobRecord, JobView

T = TypeVar("T")


@dataclass(frozen=True)
class ClusterUnderTest:
    """A cluster with a parent account, its coordinator and two users under one account."""

    name: str
    url: str
    release: str  # "22.05"
    token: Callable[[str, int], str]
    requeue: Callable[[int], object]
    account: str
    alice: str = "cesai-test-alice"
    bob: str = "cesai-test-bob"
    control_user: str = "cesai-control"
    parent: str = "cesai"
    gpus: int = 8

    @property
    def wire(self) -> str:
        """The newest version that we and the release speak."""
        return wire_of(self.release)

    def client(self, user: str, *, seconds: int = 3600) -> SlurmClient:
        """A new client with a token that lives for so long."""
        return connect(url=self.url, user=user, token=self.token(user, seconds), cluster=self.name)

    def job(self, **changes: object) -> JobDescription:
        """A short job with two GPUs under the shared account, with a name of its own."""
        described = JobDescription(
            name=new_name(),
            script=script(),
            account=self.account,
            partition="gpu",
            working_directory="/tmp",
            environment={"PATH": "/usr/bin:/bin"},
            minutes=5,
            gpus_per_node=2,
            memory_mb_per_node=100,
            output="/dev/null",
        )
        return replace(described, **changes)  # type: ignore[arg-type]


def wire_of(release: str) -> str:
    return "v0.0.38" if release == "22.05" else "v0.0.42"


def new_name(prefix: str = "cesai") -> str:
    return f"{prefix}-{uuid.uuid4()}"


def new_account() -> str:
    return f"cesai-{uuid.uuid4().hex[:12]}"


def script(seconds: int | None = None, exit_code: int = 0) -> str:
    """A script for a shell and for the simulator, which is quicker unless the time matters."""
    directive = f"# simulate: seconds={0.2 if seconds is None else seconds} exit={exit_code}"
    return f"#!/bin/sh\n{directive}\nsleep {seconds or 1}\nexit {exit_code}\n"


def run(client: SlurmClient, job: JobDescription) -> int:
    """Submit, release; the id."""
    job_id = client.submit_held(job).job_id
    client.release(job_id)
    return job_id


def wait_for_state(client: SlurmClient, job_id: int, *states: str) -> JobView:
    """The job as soon as it is in one of the states."""

    def seen() -> JobView | None:
        view = client.job(job_id)
        return view if view and view.state in states else None

    return wait_until(seen)


def wait_for_record(client: SlurmClient, job_id: int) -> JobRecord:
    """The accounting row as soon as it has an end; slurmdbd lags by seconds."""
    return wait_until(
        lambda: next((row for row in client.records_of(job_id) if row.end_time), None)
    )


def wait_until(look: Callable[[], T | None], *, within: float = 20) -> T:
    """What the look gives once it gives something; fails after so many seconds."""
    until = time.monotonic() + within
    while (found := look()) is None:
        assert time.monotonic() < until, f"not seen within {within} s"
        time.sleep(0.1)
    return found

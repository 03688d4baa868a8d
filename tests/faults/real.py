"""A portal over a real cluster, whose jobs write down themselves that they started."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models import F
from django.test import override_settings

from compute.models import Allocation, Job
from compute.slurm.client import SlurmClient
from compute.slurm.dialect import Dialect
from compute.slurm.errors import SlurmError
from compute.slurm.rest import connect
from compute.slurm.types import JobDescription, JobView
from compute.slurm.v38 import V38
from compute.states import NOT_HANDED_OVER, JobState
from compute.sync import recover
from compute.sync.connections import Connections, connections
from compute.sync.dispatch import dispatch
from compute.sync.passes import sync_cluster
from dev import places, users
from dev.slurm import RealCluster, SlurmSite
from dev.slurm.site import CONTROL_USER
from tests import make

SCRIPT = '#!/bin/sh\necho "$SLURM_JOB_NAME" >> starts\n'
ON_THE_WAY = [*NOT_HANDED_OVER, JobState.SENDING, JobState.UNKNOWN]


@contextmanager
def real_site() -> Iterator[SlurmSite]:
    """One cluster of Slurm 22.05 with the portal's parent account."""
    directory = Path(tempfile.mkdtemp(prefix="real-", dir=places.state_directory()))
    directory.chmod(0o755)
    site = SlurmSite(directory, ["north"])
    try:
        site.start()
        site.bootstrap()
        yield site
    finally:
        site.remove()
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def real_portal(site: SlurmSite) -> Iterator[RealPortal]:
    """The portal's record of the cluster, with an allocation that is in force there."""
    with override_settings(CLUSTER_URLS=[site.clusters[0].url]):
        yield RealPortal(site)


class RealPortal:
    """The cluster, its row, one allocation, and the file in which each start is a line."""

    def __init__(self, site: SlurmSite) -> None:
        self.real: RealCluster = site.clusters[0]
        self.cluster = make.make_cluster(
            slurm_cluster=self.real.name,
            rest_url=self.real.url,
            project_directory=self.real.project_directory,
        )
        self.allocation = self._allocate(site)
        self.directory = Path(self.cluster.directory_of(self.allocation.unix_user))
        users.own_directory(self.directory, self.allocation.unix_user)
        self.sync()
        self.cluster.health.refresh_from_db()
        assert self.cluster.health.holds == "kept", self.cluster.health.holds_detail
        self.allocation.limit.refresh_from_db()
        assert self.allocation.limit.state == "in_force", self.allocation.limit.detail

    def sync(self) -> dict[str, Any]:
        """One pass."""
        return sync_cluster(self.cluster.slug, now=make.now())

    def submit(self, many: int) -> list[Job]:
        """Intents for jobs that do nothing but say that they started."""
        where = str(self.directory)
        values: dict[str, Any] = {"script": SCRIPT, "working_directory": where, "minutes": 1}
        return [make.make_job(self.allocation, **values) for _ in range(many)]

    def hand_over(self, *, within: float) -> None:
        """Rounds of dispatch until each intent has its id, with nothing that helps it.

        The pause before a job is looked up and sent again, and the ping before a pass, make it
        likely that a late submission is found in time. Here they are left out.
        """
        until = time.monotonic() + within
        rows = Job.objects.filter(cluster=self.cluster, state__in=ON_THE_WAY)
        while rows.exists() and time.monotonic() < until:
            rows.update(sent_at=F("sent_at") - timedelta(seconds=60), retry_at=None)
            now = make.now()
            with connections(self.cluster, now) as clients, contextlib.suppress(SlurmError):
                dispatch(self.cluster, clients, now=now)

    def settle(self, *, within: float) -> None:
        """Passes until all has ended, nothing lies held and slurmdbd has seen the ends."""
        until = time.monotonic() + within
        while self.is_busy() and time.monotonic() < until:
            self.sync()
            time.sleep(0.2)

    def is_busy(self) -> bool:
        rows = Job.objects.filter(cluster=self.cluster, settled_at=None)
        return rows.exists() or bool(self.held())

    def held(self) -> list[int]:
        """What lies held on the cluster, by its own word."""
        with self.reader() as reader:
            return [view.job_id for view in reader.jobs() if view.is_held]

    def starts(self) -> Counter[str]:
        """How often each name started, as the jobs wrote it down."""
        file = self.directory / "starts"
        return Counter(file.read_text().split()) if file.exists() else Counter()

    def recorded(self) -> Counter[str]:
        """How often each name ran to its end, as slurmdbd has it."""
        with self.reader() as reader:
            rows = reader.history(start=1_000_000, end=int(time.time()) + 86_400)
        ours = (row for row in rows if row.account == self.allocation.slurm_account)
        return Counter(row.name for row in ours if row.state == "COMPLETED")

    def cancelled(self) -> int:
        """How many jobs were cancelled: what arrived beside the one that ran."""
        with self.reader() as reader:
            ours = (v for v in reader.jobs() if v.account == self.allocation.slurm_account)
            return sum(view.state == "CANCELLED" for view in ours)

    def reader(self, user: str = CONTROL_USER) -> SlurmClient:
        """A client of its own, beside the portal's."""
        token = self.real.token(user)
        return connect(url=self.real.url, user=user, token=token, cluster=self.real.name)

    def _allocate(self, site: SlurmSite) -> Allocation:
        # A name that no other site on this machine uses.
        project = make.make_project(slug=f"r{make.key()[:8]}")
        pool = make.make_pool(self.cluster)
        allocation = make.make_allocation(project, pool, in_force=False)
        site.ensure_user(allocation.unix_user)
        for user, kind in ((CONTROL_USER, "control"), (allocation.unix_user, "run")):
            make.deliver(self.cluster, user, self.real.token(user), kind=kind)
        return allocation


class Stall:
    """Freezes slurmctld at each submission and lets it go on after the last one's pause."""

    def __init__(self, cluster: RealCluster, seconds: float) -> None:
        self.stalls = 0
        self._cluster = cluster
        self._seconds = seconds
        self._until = 0.0
        self._lock = threading.Lock()

    def __call__(self) -> None:
        with self._lock:
            self.stalls += 1
            is_running = not self._until
            self._until = time.monotonic() + self._seconds
            if is_running:
                self._cluster.pause()
                threading.Thread(target=self._wait, daemon=True).start()

    def _wait(self) -> None:
        while True:
            with self._lock:
                left = self._until - time.monotonic()
                if left <= 0:
                    self._until = 0.0
                    self._cluster.resume()
                    return
            time.sleep(left)


class Kill:
    """Kills slurmrestd in the midst of every so-manieth submission, and starts it again."""

    def __init__(self, cluster: RealCluster, *, every: int) -> None:
        self.kills = 0
        self._cluster = cluster
        self._every = every
        self._calls = 0
        self._lock = threading.Lock()

    def __call__(self) -> None:
        with self._lock:
            self._calls += 1
            if self._calls % self._every == 0:
                threading.Thread(target=self._kill, daemon=True).start()

    def _kill(self) -> None:
        time.sleep(0.01)  # the submissions that count are on their way by then
        with self._lock:
            self.kills += 1
            self._cluster.kill_rest()
            time.sleep(0.05)
            self._cluster.revive_rest()


def before_each_submission(patch: pytest.MonkeyPatch, deed: Callable[[], None]) -> None:
    """Let something happen when a submission is about to leave the portal."""
    submit = Dialect.submit_held

    def hindered(self: Dialect, job: JobDescription) -> Any:
        deed()
        return submit(self, job)

    patch.setattr(Dialect, "submit_held", hindered)


def look_too_early(patch: pytest.MonkeyPatch) -> None:
    """Let the first look-up of each intent find nothing, as one that overtook the submission.

    Otherwise it is by chance that a look-up does so (of 30 stalled submissions 0 to 7 were sent
    again), and a portal that submits without a hold can pass.
    """
    find = recover._find

    def early(job: Job, views: Sequence[JobView], clients: Connections) -> int | None:
        return find(job, views, clients) if job.attempts > 1 else None

    patch.setattr(recover, "_find", early)


def submit_without_hold(patch: pytest.MonkeyPatch) -> None:
    """What a portal would do that trusts answers, for showing that the tests find it."""
    describe = V38._description

    def unheld(self: V38, job: JobDescription) -> Any:
        return {**describe(self, job), "hold": False}

    patch.setattr(V38, "_description", unheld)

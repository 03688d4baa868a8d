"""A real cluster with its record in the portal, and what its staff and its users do."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from compute.models import Allocation, Cluster, Job, LedgerEntry, Limit
from compute.slurm.client import SlurmClient
from compute.slurm.rest import connect
from compute.sync.passes import sync_cluster
from dev import users
from dev.slurm import RealCluster, SlurmSite
from dev.slurm.site import CONTROL_USER
from tests import make

DAY = 24 * 3600


class Centre:
    """The portal talks to it as the coordinator and as each project's user, never as root."""

    def __init__(self, site: SlurmSite) -> None:
        self.site = site
        self.real: RealCluster = site.clusters[0]
        self.cluster: Cluster = make.make_cluster(
            slug="real",
            slurm_cluster=self.real.name,
            rest_url=self.real.url,
            project_directory=self.real.project_directory,
            sacctmgr=self.real.sacctmgr,
        )
        self.pool = make.make_pool(self.cluster)
        self.deliver(CONTROL_USER)

    @property
    def can_change(self) -> bool:
        """Whether the coordinator may change an account there."""
        return not self.real.slurm_version.startswith("22.")

    def deliver(self, user: str, *, seconds: int = 3600) -> None:
        """What the site's cron job does."""
        kind = "control" if user == CONTROL_USER else "run"
        make.deliver(self.cluster, user, self.real.token(user, seconds), kind=kind)

    def award(self, gpu_seconds: int) -> Allocation:
        """An award to a new project whose UNIX user the site has made."""
        project = make.make_project(slug=f"r{make.key()[:8]}")
        allocation = make.make_allocation(
            project, self.pool, gpu_hours=100, gpu_seconds=gpu_seconds, in_force=False
        )
        user = allocation.unix_user
        self.site.ensure_user(user)
        users.own_directory(self.directory(allocation), user)
        self.deliver(user)
        return allocation

    def directory(self, allocation: Allocation) -> Path:
        return Path(self.cluster.directory_of(allocation.unix_user))

    def sync(self, now: datetime | None = None) -> dict[str, Any]:
        """One pass."""
        return sync_cluster(self.cluster.slug, now=now or make.now())

    def limit(self, allocation: Allocation) -> Limit:
        return Limit.objects.select_related("allocation__pool__cluster").get(allocation=allocation)

    def run_as_root(self, command: str) -> None:
        """What the site's staff do with a command that they are shown."""
        subprocess.run(command, shell=True, check=True, capture_output=True)

    def as_slurm_says(self, allocation: Allocation) -> dict[str, str]:
        """The account's limits by sacctmgr."""
        told = self.real.run(
            "sacctmgr", "-nP", "show", "assoc", f"account={allocation.slurm_account}", "user=",
            f"cluster={self.real.name}", "format=GrpTRESMins,GrpSubmit",
        )  # fmt: skip
        minutes, submit = told.strip().split("|")
        return {"minutes": minutes, "submit": submit}

    def used(self, allocation: Allocation) -> int:
        """GPU-seconds of all jobs on the account, every run of each, by sacct."""
        told = self.real.run(
            "sacct", "-nP", "-X", "-D", "-a", "-S", "2020-01-01", "-E", "now+1days",
            f"--accounts={allocation.slurm_account}", f"--clusters={self.real.name}",
            "-o", "ElapsedRaw,AllocTRES",
        )  # fmt: skip
        total = 0
        for line in told.splitlines():
            elapsed, tres = line.split("|")
            counts = dict(part.partition("=")[::2] for part in tres.split(",") if part)
            total += int(elapsed or 0) * int(counts.get("gres/gpu", 0))
        return total

    def booked(self, allocation: Allocation) -> int:
        """GPU-seconds of use in the ledger."""
        entries = LedgerEntry.objects.filter(allocation=allocation, kind="use")
        return sum(entries.values_list("gpu_seconds", flat=True))

    def submit(self, allocation: Allocation, seconds: int = 1, **values: Any) -> Job:
        """An intent that runs so long."""
        where = str(self.directory(allocation))
        values = {"script": f"#!/bin/sh\nsleep {seconds}\n", "minutes": 2, **values}
        return make.make_job(allocation, working_directory=where, **values)

    def sbatch(self, allocation: Allocation, seconds: int, *options: str) -> int:
        """A job that somebody of the project hands in at the site, beside the portal."""
        told = self.real.run(
            "sbatch", "--parsable", "--output=/dev/null", f"--uid={allocation.unix_user}",
            f"--account={allocation.slurm_account}", "--chdir=/tmp", "--mem=100", *options,
            f"--wrap=sleep {seconds}",
        )  # fmt: skip
        return int(told.strip().split(";")[0])

    def wait(self, until: Callable[[], object], *, within: float = 60, syncs: bool = True) -> None:
        """Passes until it is true; an AssertionError if it never is."""
        end = time.monotonic() + within
        while not until():
            assert time.monotonic() < end, "it did not come true"
            if syncs:
                self.sync()
            time.sleep(0.3)

    def settle(self, *, within: float = 90) -> None:
        """Passes until all portal jobs are settled and the history was read after that."""
        rows = Job.objects.filter(cluster=self.cluster, settled_at=None)
        self.wait(lambda: not rows.exists(), within=within)
        end = time.monotonic() + within
        while self.real.run("squeue", "-h").strip():
            assert time.monotonic() < end, "jobs go on"
            time.sleep(0.3)
        time.sleep(5)  # what slurmdbd is told late
        self.sync(now=make.now() + timedelta(minutes=2))

    def client(self, user: str = CONTROL_USER) -> SlurmClient:
        """A client of its own, beside the portal's."""
        token = self.real.token(user)
        return connect(url=self.real.url, user=user, token=token, cluster=self.real.name)

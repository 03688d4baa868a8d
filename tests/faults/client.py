"""An institute's pipeline that never gives up: it repeats a call with its key until answered."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import jwt
from django.db import DatabaseError, InterfaceError, connections
from django.db.models import F, Sum
from django.test import Client as DjangoClient

from compute.actions.clusters import enable_dispatch
from compute.models import (
    AccountingCursor,
    Allocation,
    Balance,
    Cluster,
    ClusterHealth,
    Job,
    Orphan,
    UsageRecord,
)
from compute.sbatch import read_array
from compute.slurm.rest import connect
from compute.states import FINAL, ON_CLUSTER
from compute.sync.passes import sync_cluster
from tests import make
from tests.faults.site import FaultySite, SimulatedCluster

CONTROL = "cesai-control"
ARRAYS = 0.1  # so many of the intents are arrays
SETTLED = [*FINAL, "unknown", "blocked"]
SCRIPT = "#!/bin/sh\n# simulate: seconds=1\nsleep 1\n"


class Client:
    """Two allocations, one on each cluster, and the intents that were accepted under them."""

    def __init__(self, site: FaultySite) -> None:
        self._dice = site.dice
        self._sites = {cluster.name: cluster for cluster in site.clusters}
        self._ids: list[str] = []
        self._allocations = [self._allocate(cluster) for cluster in site.clusters]
        self._tokens = [make.make_token(a.project.created_by) for a in self._allocations]
        self._browser = DjangoClient(raise_request_exception=False)

    @property
    def accepted(self) -> int:
        return len(self._ids)

    def submit(self) -> None:
        """One intent, repeated with the same key until there is an answer."""
        number = self._dice.randrange(len(self._allocations))
        body = {
            "allocation": str(self._allocations[number].pk),
            "script": SCRIPT,
            "gpus": 1,
            "minutes": 1,
            **({"array": "0-2"} if self._dice.random() < ARRAYS else {}),
        }
        headers = {
            "Authorization": f"Bearer {self._tokens[number]}",
            "Idempotency-Key": str(uuid.uuid4()),
        }
        for _attempt in range(200):
            try:
                answer = self._browser.post(
                    "/api/v1/jobs/", body, content_type="application/json", headers=headers
                )
            except (DatabaseError, InterfaceError):
                self.reconnect()
                continue
            if answer.status_code == 201:
                self._ids.append(answer.json()["id"])
                return
            if answer.status_code < 500:
                raise AssertionError(answer.content)
            self.reconnect()
            time.sleep(0.05)
        raise AssertionError("no answer to a submission after 200 attempts")

    def reconnect(self) -> None:
        connections.close_all()

    def is_busy(self, share: float = 0.0) -> bool:
        """Whether more than a share of the intents are still on their way, or held jobs lie."""
        try:
            rows = Job.objects.exclude(state__in=SETTLED)
            unbooked = Job.objects.filter(state__in=FINAL, settled_at=None)
            if share:
                return rows.count() > share * max(self.accepted, 1)
            return rows.exists() or unbooked.exists() or bool(self.held_jobs())
        except (DatabaseError, InterfaceError):
            self.reconnect()
            return True

    def states(self) -> dict[str, str]:
        """Every accepted intent, of an array every task, by its name on the cluster."""
        rows = Job.objects.filter(pk__in=self._ids)
        return {name: str(job.state) for job in rows for name in _names(job)}

    def unsent(self) -> int:
        """Intents that no cluster was told of."""
        return Job.objects.filter(state="new").count()

    def forget_all_but(self, names: Iterable[str]) -> None:
        """After a restore: those that the portal still knows to have accepted."""
        self._ids = sorted({name.removeprefix("cesai-").partition("/")[0] for name in names})
        self.reconnect()

    def found_again(self) -> int:
        """Intents that passes adopted because the clusters knew them."""
        try:
            return int(ClusterHealth.objects.aggregate(n=Sum("adopted"))["n"])
        except (DatabaseError, InterfaceError):
            self.reconnect()
            return -1

    def let_a_minute_pass(self) -> None:
        """So long a history that was read is not read again."""
        AccountingCursor.objects.update(read_until=F("read_until") - timedelta(minutes=2))

    def orphans(self) -> int:
        return Orphan.objects.count()

    def enable_dispatch(self) -> None:
        """What each cluster's operator does after having looked."""
        for cluster in Cluster.objects.select_related("health"):
            assert cluster.health.stop
            by = make.make_operator(cluster)
            enable_dispatch(by=by, cluster=cluster, stop=cluster.health.stop, now=make.now())

    def held_jobs(self) -> int:
        """Jobs that still lie held on the clusters, whosever they are."""
        return sum(
            view.is_held
            for site in self._sites.values()
            for view in _reader(site).jobs()
            if view.state == "PENDING"
        )

    def books(self) -> dict[str, int]:
        """GPU-seconds: what the clusters account for our jobs, and what our ledger says."""
        accounted = sum(
            record.gpu_seconds
            for site, allocation in zip(self._sites.values(), self._allocations, strict=True)
            for record in _reader(site).history(start=1_000_000, end=int(time.time()) + 86_400)
            if record.account == allocation.slurm_account and record.end_time is not None
        )
        keys = [allocation.pk for allocation in self._allocations]
        balances = Balance.objects.filter(allocation__in=keys)
        return {
            "accounted": accounted,
            "recorded": UsageRecord.objects.aggregate(n=Sum(F("gpu_seconds")))["n"] or 0,
            "booked": balances.aggregate(n=Sum("used"))["n"],
            "reserved": balances.aggregate(n=Sum("reserved"))["n"],
            "on_the_way": Job.objects.filter(state__in=ON_CLUSTER).count(),
        }

    def _allocate(self, site: SimulatedCluster) -> Allocation:
        cluster = make.make_cluster(
            slug=site.name, slurm_cluster=site.name, rest_url=site.proxy.url
        )
        pool = make.make_pool(cluster, gpu_hours=100_000)
        allocation = make.make_allocation(pool=pool, gpu_hours=90_000, in_force=False)
        for user, kind in ((CONTROL, "control"), (allocation.unix_user, "run")):
            make.deliver(cluster, user, _token(site, user), kind=kind)
        sync_cluster(Cluster.objects.get(pk=cluster.pk).slug, now=make.now())
        allocation.refresh_from_db()
        assert allocation.limit.state == "in_force", allocation.limit.detail
        return allocation


def _names(job: Job) -> list[str]:
    if not job.array:
        return [job.token]
    return [f"{job.token}/{index}" for index in read_array(job.array).indices]


def _token(site: SimulatedCluster, user: str) -> str:
    now = int(time.time())
    key = f"the simulated cluster {site.name} trusts all"
    return jwt.encode({"sun": user, "iat": now, "exp": now + 86_400}, key, algorithm="HS256")


def _reader(site: SimulatedCluster) -> Any:
    """Past the proxy: the checker asks the cluster itself."""
    return connect(
        url=site.direct_url, user=CONTROL, token=_token(site, CONTROL), cluster=site.name
    )

"""An institute's pipeline that never gives up: it repeats a call with its key until answered."""

from __future__ import annotations

import json
import random
import time
import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import cycle
from typing import Any, Protocol

import httpx
import jwt
from django.db import DatabaseError, InterfaceError, connections
from django.db.models import F, Sum
from django.test import Client as DjangoClient

from compute.models import Allocation, Balance, Cluster, Job, JobMove, UsageRecord
from compute.sbatch import read_array
from compute.slurm.rest import connect
from compute.states import FINAL, ON_CLUSTER
from compute.sync.passes import sync_cluster
from tests import make
from tests.faults.checker import judge
from tests.faults.clusters import SimulatedCluster

CONTROL = "cesai-control"
SETTLED = [*FINAL, "unknown", "blocked"]
SCRIPT = "#!/bin/sh\n# simulate: seconds=1\nsleep 1\n"


class Site(Protocol):
    """What a client has to know of a campaign's site."""

    dice: random.Random

    @property
    def clusters(self) -> Sequence[SimulatedCluster]: ...


class Client:
    """An allocation on each cluster, and the intents that were accepted under them."""

    def __init__(self, site: Site) -> None:
        self._dice = site.dice
        self._sites = {cluster.name: cluster for cluster in site.clusters}
        self._ids: list[str] = []
        self._allocations = {cluster.name: self._allocate(cluster) for cluster in site.clusters}
        self._tokens = {
            name: make.make_token(allocation.project.created_by)
            for name, allocation in self._allocations.items()
        }
        self._browser = DjangoClient(raise_request_exception=False)

    @property
    def accepted(self) -> int:
        return len(self._ids)

    def submit(
        self, cluster: str = "", *, script: str = SCRIPT, minutes: int = 1, array: str = ""
    ) -> str:
        """One intent, repeated with the same key until there is an answer; its id."""
        name = cluster or self._dice.choice(list(self._sites))
        body = {"allocation": str(self._allocations[name].pk), "script": script}
        body |= {"array": array} if array else {}
        headers = {**self.headers(name), "Idempotency-Key": str(uuid.uuid4())}
        for _attempt in range(200):
            try:
                answer = self.call(
                    "POST", "jobs/", {**body, "gpus": 1, "minutes": minutes}, headers
                )
            except (DatabaseError, InterfaceError, httpx.TransportError):
                self.reconnect()
                time.sleep(0.05)
                continue
            if answer.status_code == 201:
                self._ids.append(answer.json()["id"])
                return self._ids[-1]
            if answer.status_code < 500:
                raise AssertionError(answer.content)
            self.reconnect()
            time.sleep(0.05)
        raise AssertionError("no answer to a submission after 200 attempts")

    def cancel(self, job: str, cluster: str) -> bool:
        """Ask once for the end of a job there; whether the portal took it."""
        headers = {**self.headers(cluster), "Idempotency-Key": str(uuid.uuid4())}
        try:
            answer = self.call("POST", f"jobs/{job}/cancel/", {}, headers)
        except (DatabaseError, InterfaceError, httpx.TransportError):
            self.reconnect()
            return False
        return bool(answer.status_code == 200)

    def headers(self, cluster: str) -> dict[str, str]:
        """Who calls: the lead of the project that has the allocation there."""
        return {"Authorization": f"Bearer {self._tokens[cluster]}"}

    def call(self, method: str, path: str, body: object, headers: dict[str, str]) -> Any:
        """One call of the API, in this process."""
        return self._browser.generic(
            method, f"/api/v1/{path}", json.dumps(body), "application/json", headers=headers
        )

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

    def forget_all_but(self, names: Iterable[str]) -> None:
        """What a restored portal does not know is not asked of it any more."""
        self._ids = sorted({name.removeprefix("cesai-").partition("/")[0] for name in names})
        self.reconnect()

    def states_on(self, clusters: Collection[str]) -> dict[str, int]:
        """How many jobs of these clusters are in which state."""
        rows = Job.objects.filter(cluster__slug__in=clusters).values_list("state", flat=True)
        return dict(Counter(rows))

    def count(self, state: str) -> int:
        return Job.objects.filter(state=state).count()

    def moves(self) -> dict[str, int]:
        """How often jobs came into which state."""
        return dict(Counter(JobMove.objects.values_list("to_state", flat=True)))

    def judged(self) -> dict[str, Any]:
        """The verdict on the history that the clusters themselves wrote, and the books."""
        starts = [name for site in self._sites.values() for name in site.starts()]
        states = self.states()
        return {
            "intents": self.accepted,
            "verdict": asdict(judge(starts, states)),
            "states": dict(Counter(states.values())),
            "strays": self.held_jobs(),
            "books": self.books(),
        }

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
        tomorrow = int(time.time()) + 86_400
        accounted = sum(
            record.gpu_seconds
            for name, allocation in self._allocations.items()
            for record in _reader(self._sites[name]).history(start=1_000_000, end=tomorrow)
            if record.account == allocation.slurm_account and record.end_time is not None
        )
        keys = [allocation.pk for allocation in self._allocations.values()]
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
            slug=site.name, slurm_cluster=site.name, rest_url=site.rest_url
        )
        pool = make.make_pool(cluster, gpu_hours=100_000)
        allocation = make.make_allocation(pool=pool, gpu_hours=90_000, in_force=False)
        for user, kind in ((CONTROL, "control"), (allocation.unix_user, "run")):
            make.deliver(cluster, user, _token(site, user), kind=kind)
        sync_cluster(Cluster.objects.get(pk=cluster.pk).slug, now=make.now())
        allocation.refresh_from_db()
        assert allocation.limit.state == "in_force", allocation.limit.detail
        return allocation


class Remote(Client):
    """The same from another machine: by HTTP at one web after the other, whichever answers."""

    def __init__(self, site: Site, webs: Sequence[str]) -> None:
        super().__init__(site)
        self._webs: Iterator[str] = cycle(webs)
        self._http = httpx.Client(timeout=20, trust_env=False)

    def call(
        self, method: str, path: str, body: object, headers: dict[str, str]
    ) -> httpx.Response:
        """One call of the API over the network."""
        url = f"{next(self._webs)}/api/v1/{path}"
        return self._http.request(method, url, json=body, headers=headers)

    def browser(self, cluster: str, web: str = "") -> httpx.Client:
        """Of the lead of the project with a job there, for pages and the API, at one web."""
        browser = DjangoClient()
        browser.force_login(self._allocations[cluster].project.created_by)
        return httpx.Client(
            base_url=web or next(self._webs),
            headers=self.headers(cluster),
            cookies={name: morsel.value for name, morsel in browser.cookies.items()},
            timeout=20,
            trust_env=False,
        )


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

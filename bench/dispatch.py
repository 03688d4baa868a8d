"""How fast jobs are handed over to a real cluster, beside the same calls made bare."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import TYPE_CHECKING, Any

import httpx
import orjson

from bench.measure import tell

if TYPE_CHECKING:
    from tests.faults.real import RealPortal

JOBS = 400
ROUNDS = 5
THREADS = 16
WIRE = "/slurm/v0.0.38"


def run() -> None:
    """Rounds of both, in turn; every GPU is taken, so that nothing starts and takes the time."""
    from tests.faults.real import real_portal, real_site  # noqa: PLC0415 (Django is set up)

    with real_site() as site, real_portal(site) as portal:
        _take_all_gpus(portal)
        sides: list[Callable[[RealPortal], float]] = [_portal, _bare]
        rates: dict[str, list[float]] = {"_portal": [], "_bare": []}
        for side in sides:
            side(portal)  # connections, prepared statements and Slurm's caches
        for number in range(ROUNDS):
            for side in sides if number % 2 else reversed(sides):
                rates[side.__name__].append(side(portal))
        ours, reference = median(rates["_portal"]), median(rates["_bare"])
        tell(
            "dispatch",
            per_second=ours,
            reference="submit held, one list, release: httpx, 16 threads, nothing kept",
            reference_per_second=reference,
            ratio=ours / reference,
            goal_ratio=0.8,
            per_round=[round(a / b, 2) for a, b in zip(*rates.values(), strict=True)],
            slurm=portal.real.slurm_version,
        )


def _portal(portal: RealPortal) -> float:
    from compute.models import Job  # noqa: PLC0415
    from compute.sync.connections import connections  # noqa: PLC0415
    from compute.sync.dispatch import dispatch  # noqa: PLC0415
    from tests import make  # noqa: PLC0415

    portal.submit(JOBS)
    begin = time.perf_counter()
    now = make.now()
    with connections(portal.cluster, now) as clients:
        done = dispatch(portal.cluster, clients, now=now)
    taken = time.perf_counter() - begin
    if (done["sent"], done["released"]) != (JOBS, JOBS):
        raise RuntimeError(f"not all were handed over: {done}")
    Job.objects.filter(cluster=portal.cluster).update(state="cancelled", settled_at=now)
    _clear(portal)
    return JOBS / taken


def _bare(portal: RealPortal) -> float:
    bodies = [_body(portal, number) for number in range(JOBS)]
    user = portal.allocation.unix_user
    headers = {
        "X-SLURM-USER-NAME": user,
        "X-SLURM-USER-TOKEN": portal.real.token(user),
        "Content-Type": "application/json",
    }
    begin = time.perf_counter()
    with (
        httpx.Client(base_url=portal.real.url, headers=headers, timeout=60) as client,
        ThreadPoolExecutor(THREADS) as threads,
    ):

        def submit(body: bytes) -> int:
            answer = client.post(f"{WIRE}/job/submit", content=body)
            return int(orjson.loads(answer.content)["job_id"])

        def release(job_id: int) -> None:
            client.post(f"{WIRE}/job/{job_id}", content=b'{"hold":false}').raise_for_status()

        ids = list(threads.map(submit, bodies))
        orjson.loads(client.get(f"{WIRE}/jobs").content)
        list(threads.map(release, ids))
    taken = time.perf_counter() - begin
    _clear(portal)
    return JOBS / taken


def _body(portal: RealPortal, number: int) -> bytes:
    """What the portal would send for the same job."""
    from compute.slurm.v38 import V38  # noqa: PLC0415

    described = _described(portal, f"bare-{time.monotonic_ns()}-{number}")
    job: Any = V38(call=None)._description(described)  # type: ignore[arg-type] # calls nothing
    return orjson.dumps({"script": described.script, "job": job})


def _described(portal: RealPortal, name: str, **values: Any) -> Any:
    from compute.slurm.types import JobDescription  # noqa: PLC0415
    from tests.faults.real import SCRIPT  # noqa: PLC0415

    fields: dict[str, Any] = {
        "script": SCRIPT,
        "minutes": 1,
        "environment": {"PATH": "/usr/local/bin:/usr/bin:/bin"},
        **values,
    }
    return JobDescription(
        name=name,
        account=portal.allocation.slurm_account,
        partition=portal.real.partition,
        working_directory=str(portal.directory),
        **fields,
    )


def _take_all_gpus(portal: RealPortal) -> None:
    script = "#!/bin/sh\nsleep 3000\n"
    all_gpus = _described(portal, "all-gpus", script=script, minutes=60, gpus_per_node=8)
    with portal.reader(portal.allocation.unix_user) as client:
        client.release(client.submit_held(all_gpus).job_id)


def _clear(portal: RealPortal) -> None:
    """Nothing of this round is left to be scheduled in the next one."""
    portal.real.run("scancel", "--state=PENDING", "--account", portal.allocation.slurm_account)
    time.sleep(2)

"""Lets most clusters of a portal hang for a while and prints one line of JSON: who noticed."""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

from dev import processes
from tests.faults.portal import Portal, end_tidily_when_told, portal_with

STEADY = ("north", "east")  # one long job each: a pass every two seconds
BUSY = "south"  # one submission after the other
HANGING = tuple(f"far-{number}" for number in range(1, 11))  # more than a worker's old slots
PATHS = ("/", "/clusters/", f"/clusters/{HANGING[0]}/", "/jobs/", "/api/v1/clusters/")
LONG = "#!/bin/sh\n# simulate: seconds=36000\n"


def main() -> None:
    end_tidily_when_told()
    parser = argparse.ArgumentParser()
    parser.add_argument("--read", type=int, default=4, help="the client's time-out in seconds")
    parser.add_argument("--hang", type=float, default=12, help="for how long, in seconds")
    parser.add_argument("--slots", type=int, help="of the worker, if not as everywhere")
    told = parser.parse_args()
    with portal_with(
        (*STEADY, BUSY, *HANGING),
        CESAI_CLUSTER_READ_SECONDS=str(told.read),
        CESAI_RESEND_AFTER_SECONDS="2",
    ) as portal:
        print(json.dumps(run(portal, told.hang, told.slots)), flush=True)


def run(portal: Portal, seconds: float, slots: int | None) -> dict[str, Any]:
    """As long without a fault as with it, then until all is caught up with."""
    from tests.faults.client import Remote  # noqa: PLC0415 (Django is set up by then)
    from tests.faults.watch import Watch, hand_overs, within  # noqa: PLC0415

    client = Remote(portal, [portal.url])
    running = _begin(portal, client, slots)
    with Watch(client.browser(STEADY[0]), PATHS) as watch:
        began = time.time()
        _submit(client, seconds, BUSY)
        hung = time.time()
        told = _while_they_hang(portal, client, seconds, running[HANGING[0]])
        ended = time.time()
    _let_end(client, running)
    measured = {
        "passes": [sample for name in STEADY for sample in watch.gaps[name]],
        "hand_overs": hand_overs(BUSY),
        "pages": watch.pages,
    }
    spans = {"before": (began, hung), "during": (hung, ended)}
    return {
        **{
            name: {span: within(samples, *times) for span, times in spans.items()}
            for name, samples in measured.items()
        },
        **told,
        "hung_at": hung,
        "seconds_to_catch_up": round(time.time() - ended, 1),
        "statuses": sorted(watch.statuses),
        "moves": client.moves(),
        **client.judged(),
    }


def _begin(portal: Portal, client: Any, slots: int | None) -> dict[str, str]:
    """All at work, with a job that runs on each cluster but the busy one."""
    portal.begin_web()
    portal.begin_worker(*(["--concurrency", str(slots)] if slots else []))
    portal.begin_beat()
    names = (*STEADY, *HANGING)
    running = {name: client.submit(name, script=LONG, minutes=600) for name in names}
    processes.wait_until(
        lambda: client.count("running") == len(names), seconds=60, what="not all jobs run"
    )
    return running


def _while_they_hang(portal: Portal, client: Any, seconds: float, job: str) -> dict[str, Any]:
    """What is told of their jobs, shortly before they answer again."""
    far = [cluster for cluster in portal.clusters if cluster.name in HANGING]
    for cluster in far:
        cluster.hang()
    try:
        _submit(client, seconds, BUSY, *HANGING)
        browser = client.browser(HANGING[0])
        [cluster] = browser.get("/api/v1/clusters/", params={"slug": HANGING[0]}).json()["results"]
        return {
            "states_during": client.states_on(HANGING),
            "job_as_of": browser.get(f"/api/v1/jobs/{job}/").json()["as_of"],
            "cluster_state": cluster["state"],
            "cluster_answered_at": cluster["answered_at"],
            "page": browser.get(f"/clusters/{HANGING[0]}/").text,
        }
    finally:
        for cluster in far:
            cluster.go_on()


def _submit(client: Any, seconds: float, often: str, *now_and_then: str) -> None:
    """For so long an intent each half second, and for the others one each five seconds."""
    until = time.monotonic() + seconds
    number = 0
    while time.monotonic() < until:
        client.submit(often)
        for name in now_and_then if number % 10 == 0 else ():
            client.submit(name)
        number += 1
        time.sleep(0.5)


def _let_end(client: Any, running: dict[str, str]) -> None:
    for name, job in running.items():
        assert client.cancel(job, name)
    processes.wait_until(
        lambda: not client.is_busy(), seconds=120, every=0.5, what="it does not catch up"
    )


if __name__ == "__main__":
    main()

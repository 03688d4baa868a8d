"""Runs a campaign of mixed faults against a portal of its own and prints one line of JSON."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.faults.checker import FINAL
from tests.faults.points import read_hits
from tests.faults.portal import directory_of_a_campaign
from tests.faults.site import FaultySite

WORKERS = 3
ARRAYS, CANCELLED = 0.1, 0.06  # so many of the intents are arrays, and are cancelled
QUIET = FINAL | {"unknown", "blocked"}
MOST_SECONDS_TO_SETTLE = 600


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--intents", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sabotage", action="store_true", help="submit without a hold")
    told = parser.parse_args()
    with new_site(told.seed, is_sabotaged=told.sabotage) as site:
        print(json.dumps(run(site, told.intents)), flush=True)


def run(site: FaultySite, intents: int) -> dict[str, Any]:
    """Submit while everything goes wrong, let the faults end, wait, and judge."""
    from tests.faults.client import Client  # noqa: PLC0415 (Django is set up by then)

    client = Client(site)
    began = time.monotonic()
    for cluster in site.clusters:
        cluster.is_troubled = True
    troubles = _in_trouble(site, client, intents)
    for cluster in site.clusters:
        cluster.is_troubled = False
    ended = time.monotonic()
    settled = _settle(site, client, ended)
    return {
        **client.judged(),
        "points": Counter(read_hits(site.journal)),
        "faults": site.faults_seen(),
        "troubles": troubles,
        "seconds_in_trouble": round(ended - began, 1),
        "seconds_to_settle": settled,
    }


def _in_trouble(site: FaultySite, client: Any, intents: int) -> dict[str, int]:
    """Intents in bursts; between them connections are cut and servers killed."""
    troubles: Counter[str] = Counter()
    while client.accepted < intents or client.is_busy(share=0.2):
        site.keep_workers(WORKERS, rare=0.002)
        for _ in range(min(10, intents - client.accepted)):
            _submit(site, client)
        lot = site.dice.random()
        if lot < 0.10:
            troubles["backends terminated"] += site.terminate_backends()
        elif lot < 0.12:
            site.restart_postgres()
            client.reconnect()
            troubles["database restarted"] += 1
        elif lot < 0.15:
            cluster = site.dice.choice(site.clusters)
            cluster.kill()
            time.sleep(0.5)
            cluster.start()
            cluster.wait()
            troubles["cluster killed"] += 1
        time.sleep(0.1)
    return dict(troubles)


def _submit(site: FaultySite, client: Any) -> None:
    """One intent, of which some are arrays, and some are not wanted any more at once."""
    cluster = site.dice.choice(site.clusters).name
    job = client.submit(cluster, array="0-2" if site.dice.random() < ARRAYS else "")
    if site.dice.random() < CANCELLED:
        client.cancel(job, cluster)


def _settle(site: FaultySite, client: Any, ended: float) -> float:
    while client.is_busy() and time.monotonic() - ended < MOST_SECONDS_TO_SETTLE:
        site.keep_workers(WORKERS, rare=0.0)
        time.sleep(0.2)
    return round(time.monotonic() - ended, 1)


@contextmanager
def new_site(seed: int, *, is_sabotaged: bool = False) -> Iterator[FaultySite]:
    """A portal with its tables, for this process and those that it starts; removed at the end."""
    with directory_of_a_campaign() as directory:
        site = FaultySite(directory, seed, is_sabotaged=is_sabotaged)
        try:
            os.environ.update(site.environment)
            manage = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
            subprocess.run(manage, check=True, env={**os.environ})
            import django  # noqa: PLC0415

            django.setup()
            yield site
        finally:
            site.stop()


if __name__ == "__main__":
    main()

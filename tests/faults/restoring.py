"""Runs a backup, submissions, a restore and the operator's yes, and prints one line of JSON."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.faults.campaign import new_site
from tests.faults.checker import judge
from tests.faults.site import FaultySite

WORKERS = 2
MOST_SECONDS = 120


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--before", type=int, default=40)
    parser.add_argument("--after", type=int, default=200)
    told = parser.parse_args()
    with new_site(seed=7) as site:
        print(json.dumps(run(site, told.before, told.after)), flush=True)


def run(site: FaultySite, before: int, after: int) -> dict[str, Any]:
    """Half of the first intents run before the backup; the others only after it."""
    from tests.faults.client import Client  # noqa: PLC0415 (Django is set up by then)

    client = Client(site)
    backup = site.directory / "backup"
    _submit(client, before // 2)
    _work(site, lambda: not client.is_busy())
    _submit(client, before // 2)
    kept, unsent = client.states(), client.count("new")
    _manage("backup", "--to", backup)
    _submit(client, after)
    _work(site, lambda: not client.is_busy())
    ran = _starts(site)

    client.reconnect()
    said = _manage("restore", "--from", backup, "--replace", site.directory / "replaced")
    client.forget_all_but(kept)
    _submit(client, 1)
    _work(site, lambda: _found_again() == unsent, rest=5)
    found = {
        "accepted_after_backup": after,
        "unsent_at_backup": unsent,
        "restored_as_backed_up": "counts and hashes agree" in said,
        "started_while_stopped": len(_starts(site)) - len(ran),
        "found_again": _found_again(),
        "orphans": _orphans(),
    }
    _enable_dispatch()
    _work(site, lambda: not client.is_busy())
    _let_a_minute_pass()
    _work(site, lambda: _is_booked(client))
    names = client.states()
    starts = _starts(site)
    ours = [name for name in starts if name in names]
    return found | {
        "verdict": asdict(judge(ours, names)),
        "started_after_enabling": len(starts) - len(ran),
        "books": client.books(),
    }


def _submit(client: Any, many: int) -> None:
    for _ in range(many):
        client.submit()


def _work(site: FaultySite, is_done: Callable[[], bool], rest: float = 0) -> None:
    """Let workers work until all is done, and some seconds longer: what should not happen may.

    They are killed at each point of a pass the first time, so that others have to follow.
    """
    began, done_at = time.monotonic(), 0.0
    while not done_at or time.monotonic() < done_at + rest:
        site.keep_workers(WORKERS, rare=0.0)
        time.sleep(0.2)
        if not done_at and (is_done() or time.monotonic() > began + MOST_SECONDS):
            done_at = time.monotonic()
    site.end_workers()


def _is_booked(client: Any) -> bool:
    books = client.books()
    return bool(books["booked"] == books["accounted"])


def _found_again() -> int:
    from compute.models import ClusterHealth  # noqa: PLC0415

    return sum(ClusterHealth.objects.values_list("adopted", flat=True))


def _orphans() -> int:
    from compute.models import Orphan  # noqa: PLC0415

    return Orphan.objects.count()


def _enable_dispatch() -> None:
    """What each cluster's operator does after having looked."""
    from compute.actions.clusters import enable_dispatch  # noqa: PLC0415
    from compute.models import Cluster  # noqa: PLC0415
    from tests import make  # noqa: PLC0415

    for cluster in Cluster.objects.select_related("health"):
        assert cluster.health.stop
        by = make.make_operator(cluster)
        enable_dispatch(by=by, cluster=cluster, stop=cluster.health.stop, now=make.now())


def _let_a_minute_pass() -> None:
    """So long a history that was read is not read again."""
    from compute.models import AccountingCursor  # noqa: PLC0415

    for cursor in AccountingCursor.objects.all():
        cursor.read_until -= timedelta(minutes=2)
        cursor.save()


def _starts(site: FaultySite) -> list[str]:
    return [name for cluster in site.clusters for name in cluster.starts()]


def _manage(*arguments: str | Path) -> str:
    answer = subprocess.run(
        [sys.executable, "manage.py", *arguments], capture_output=True, text=True, check=False
    )
    if answer.returncode:
        raise AssertionError(answer.stdout + answer.stderr)
    return answer.stdout


if __name__ == "__main__":
    main()

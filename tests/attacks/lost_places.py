"""Restarts PostgreSQL while a worker keeps a job's id, then empties the broker all the time.

Prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import Any

from redis import Redis

from dev import processes
from tests.faults.broker import Meddling, empty
from tests.faults.portal import Portal, end_tidily_when_told, portal_with

INTENTS = 5
MOMENT = "ids are about to be kept"


def main() -> None:
    end_tidily_when_told()
    with portal_with(
        ("north",), CESAI_RESEND_AFTER_SECONDS="2", CESAI_LEASE_SECONDS="2"
    ) as portal:
        print(json.dumps(run(portal)), flush=True)


def run(portal: Portal) -> dict[str, Any]:
    """What the first worker left behind, and bells that nobody heard, are found by the others."""
    from tests.faults.client import Client  # noqa: PLC0415 (Django is set up by then)

    client = Client(portal)
    client.submit()
    failed = lose_the_database(portal)
    client.reconnect()
    with Redis.from_url(portal.broker.redis_url) as redis:
        happened = Meddling(redis, empty)
        for _ in range(INTENTS):
            client.submit()
        happened.stop()
    portal.begin_worker()
    portal.begin_beat()
    processes.wait_until(
        lambda: not client.is_busy(), seconds=120, every=0.2, what="it does not settle"
    )
    return {"failed": failed, "lost": happened.count, **client.judged()}


def lose_the_database(portal: Portal) -> int:
    """A worker halts when its submission was answered; how it ended without its database."""
    command = [sys.executable, "-m", "tests.attacks.stopped_worker", "north", MOMENT, "--halt"]
    worker = subprocess.Popen(command, env={**os.environ}, stderr=subprocess.DEVNULL)
    os.waitid(os.P_PID, worker.pid, os.WSTOPPED)
    portal.postgres.stop()
    portal.postgres.start()
    worker.send_signal(signal.SIGCONT)
    return worker.wait(timeout=60)


if __name__ == "__main__":
    main()

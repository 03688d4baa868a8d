"""Plays the staff of the demonstration's centre: makes UNIX users and delivers their tokens."""

from __future__ import annotations

import json
import re
import signal
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from types import FrameType
from urllib.parse import quote

from dev.demo import layout
from dev.demo.centre import Centre, Cluster, open_centre
from dev.slurm.configuration import SLURM_USER
from dev.slurm.site import CONTROL_USER

POLL_SECONDS = 1
TOKEN_SECONDS = 3600
RENEW_SECONDS = 1200

PROJECT_USER = re.compile(r"cesai-[a-z0-9-]{1,24}")
# Users of the centre itself. A project that got one would own the demonstration's database,
# the cluster's keys or every project's accounts.
RESERVED = frozenset({layout.SYSTEM_USER, SLURM_USER, CONTROL_USER})


class Portal:
    """The portal's API as the operator of the clusters sees it."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self._token = token

    def unix_users(self, slug: str) -> set[str]:
        """Every UNIX user that an allocation on the cluster needs; raises OSError."""
        return {
            str(limit["unix_user"])
            for limit in self._listed(f"/api/v1/limits/?cluster={quote(slug)}&page_size=200")
            if limit.get("unix_user")
        }

    def deliver(self, slug: str, unix_user: str, kind: str, token: str) -> None:
        """Hand over a token; raises OSError."""
        path = f"/api/v1/clusters/{quote(slug)}/credentials/{quote(unix_user)}"
        self._call("PUT", f"{self.url}{path}", {"kind": kind, "token": token})

    def _listed(self, path: str) -> Iterator[dict[str, object]]:
        address: str | None = f"{self.url}{path}"
        while address:
            page = json.loads(self._call("GET", address))
            yield from page["results"]
            address = page["next"]

    def _call(self, method: str, address: str, body: object = None) -> bytes:
        if not address.startswith(f"{self.url}/"):
            raise OSError(f"the portal points to another place: {address}")
        request = urllib.request.Request(  # noqa: S310 (the portal's own address)
            address,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/json",
                "Idempotency-Key": str(uuid.uuid4()),
            },
        )
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            return bytes(answer.read())


class Staff:
    """The staff of one cluster, who remember what they delivered and when."""

    def __init__(self, centre: Centre, cluster: Cluster) -> None:
        self._centre = centre
        self._cluster = cluster
        self._delivered_at: dict[str, float] = {}
        self._refused: set[str] = set()

    def work(self, portal: Portal, now: float) -> None:
        """Deliver what is new or due; raises OSError when the portal does not take it."""
        self._deliver(portal, CONTROL_USER, "control", now)
        layout.delivered(self._cluster.name).touch()
        for name in sorted(portal.unix_users(self._cluster.name)):
            if name in RESERVED or not PROJECT_USER.fullmatch(name):
                self._refuse(name)
            else:
                self._deliver(portal, name, "run", now)

    def _deliver(self, portal: Portal, name: str, kind: str, now: float) -> None:
        if now - self._delivered_at.get(name, -RENEW_SECONDS) < RENEW_SECONDS:
            return
        if kind == "run":
            self._centre.prepare_user(self._cluster, name)
        token = self._cluster.token(name, TOKEN_SECONDS)
        portal.deliver(self._cluster.name, name, kind, token)
        self._delivered_at[name] = now
        say(f"{self._cluster.name}: delivered the {kind} token of {name}")

    def _refuse(self, name: str) -> None:
        if name not in self._refused:
            self._refused.add(name)
            say(f"{self._cluster.name}: {name!r} is no name for a project's user; ignored")


def say(line: str) -> None:
    """One line of the log."""
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)


def read_portal() -> Portal:
    """The address and the operator's token; raises OSError or KeyError until they are there."""
    known = json.loads(layout.READOUT.read_text())
    return Portal(known["url"].rstrip("/"), known["users"]["operator"]["token"])


def main() -> None:
    """Work until told to end; a portal that is down is asked again a second later."""
    signal.signal(signal.SIGTERM, _end)
    centre = open_centre(say)
    staff = [Staff(centre, cluster) for cluster in centre.clusters]
    trouble = ""
    while True:
        found = ""
        try:
            portal = read_portal()
            for one in staff:
                one.work(portal, time.monotonic())
        except (OSError, ValueError, KeyError) as error:
            found = f"not delivered: {_in_words(error)}"
        if found and found != trouble:
            say(found)
        trouble = found
        centre.look_after()
        time.sleep(POLL_SECONDS)


def _in_words(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"{error.url}: {error.code} {error.read(500).decode(errors='replace')}"
    return f"{type(error).__name__}: {error}"


def _end(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    main()

"""Runs the portal on several hosts that are lost and added, and prints one line of JSON."""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from dev import processes
from dev.demo.portal import WEB, WORKER, beat
from dev.ports import Ports
from tests.faults.network import HERE, Host, Network
from tests.faults.portal import (
    Portal,
    directory_of_a_campaign,
    end_tidily_when_told,
    portal_with,
)

INTENTS = 60
CLUSTERS = ("north", "south")


def main() -> None:
    end_tidily_when_told()
    parser = argparse.ArgumentParser()
    parser.add_argument("--namespaces", action="store_true", help="this process is in a new one")
    is_alone = parser.parse_args().namespaces
    addresses = map(str, HERE.network.hosts()) if is_alone else ["127.0.0.1"]
    with directory_of_a_campaign() as directory:
        network = Network(directory, has_namespaces=is_alone)
        with (
            closing(network),
            portal_with(
                CLUSTERS,
                listen=HERE if is_alone else None,
                CESAI_ALLOWED_HOSTS=",".join(["testserver", *addresses]),
                CESAI_LEASE_SECONDS="3",
                CESAI_RESEND_AFTER_SECONDS="2",
                CESAI_WEB_WORKERS="1",
            ) as portal,
        ):
            print(json.dumps(Campaign(portal, network).run()), flush=True)


class Campaign:
    """Two webs, three workers and a timetable, each on a host of its own, and their losses."""

    def __init__(self, portal: Portal, network: Network) -> None:
        from tests.faults.client import Remote  # noqa: PLC0415 (Django is set up by then)

        self.portal, self.network = portal, network
        self.ports = Ports(portal.directory / "webs.json")
        self.hosts: dict[str, Host] = {}
        self.happened: list[str] = []
        self.pages: list[int] = []
        # By the number of intents that were accepted before.
        self.events: dict[int, Callable[[], None]] = {
            8: lambda: self.lose("worker-1"),
            14: lambda: self.lose("web-1"),
            18: lambda: self.add("worker-4", WORKER),
            24: lambda: self.lose("beat-1"),
            26: lambda: self.lose("worker-2"),
            30: lambda: self.add_beat("beat-2"),
            32: lambda: self.add_web("web-1"),
            46: lambda: self.lose("web-2"),
            50: lambda: self.lose("worker-3"),
        }
        for web in ("web-1", "web-2"):
            self.hosts[web] = network.host(self.ports[web])
        self.webs = {web: self.hosts[web].url for web in ("web-1", "web-2")}
        self.client = Remote(portal, list(self.webs.values()))

    def run(self) -> dict[str, Any]:
        """Intents one after the other, while hosts go and come; until all are done."""
        for web in self.webs:
            self.add_web(web, waits=False)
        for number in (1, 2, 3):
            self.add(f"worker-{number}", WORKER)
        self.add_beat("beat-1")
        for web in self.webs:
            self.wait_for(web)
        namespaces = {self.namespace(name) for name in self.hosts}
        for number in range(INTENTS):
            if event := self.events.get(number):
                event()
            self.client.submit()
            time.sleep(0.1)
        processes.wait_until(
            lambda: not self.client.is_busy(), seconds=90, every=0.5, what="not all are done"
        )
        return {
            "isolated": self.network.has_namespaces,
            "namespaces": len(namespaces),
            "happened": self.happened,
            "pages": self.pages,
            **self.client.judged(),
        }

    def add(self, name: str, command: tuple[str, ...], **environment: str) -> None:
        if name not in self.hosts:
            self.hosts[name] = self.network.host(self.ports[name])
        host = self.hosts[name]
        more = ("--hostname", f"{name}@campaign") if command == WORKER else ()
        self.portal.begin(name, (*command, *more), *host.prefix, **environment)
        self.happened.append(f"{name} is there")

    def add_web(self, name: str, *, waits: bool = True) -> None:
        host = self.hosts[name]
        self.add(name, WEB, CESAI_BIND=f"{host.address}:{host.port}")
        if waits:
            self.wait_for(name)

    def add_beat(self, name: str) -> None:
        self.add(name, beat(self.portal.directory / name))

    def lose(self, name: str) -> None:
        """Its machine is gone; the page is asked of a web that is left."""
        self.portal.kill(name)
        self.happened.append(f"{name} is lost")
        left = [web for web in self.webs if web != name and self.answers(web)]
        browser = self.client.browser(CLUSTERS[0], self.webs[left[0]])
        self.pages += [browser.get(path).status_code for path in ("/", "/jobs/", "/clusters/")]

    def wait_for(self, web: str) -> None:
        processes.wait_until(lambda: self.answers(web), seconds=60, what=f"{web} is not ready")

    def answers(self, web: str) -> bool:
        try:
            answer = httpx.get(f"{self.webs[web]}/readyz", timeout=5, trust_env=False)
        except httpx.TransportError:
            return False
        return answer.status_code == 200

    def namespace(self, name: str) -> str:
        pid = processes.running_pid(self.portal.directory / f"{name}.pid")
        return os.readlink(Path(f"/proc/{pid}/ns/net"))


if __name__ == "__main__":
    main()

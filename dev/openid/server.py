"""Starts and stops it, and says which people it knows."""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from dev import places, processes
from dev.ports import Ports

SOURCE = Path(__file__).resolve().parent
FILES = ("package.json", "package-lock.json", "provider.mjs")
CLIENT, SECRET = "cesai", "a secret between the portal and a provider of its tests"


def installed(say: Callable[[str], None] = print) -> Path:
    """The directory with the program and what the lock names; about 10 s, then none."""
    directory = places.state_directory() / "openid"
    directory.mkdir(exist_ok=True)
    content = b"".join((SOURCE / name).read_bytes() for name in FILES)
    wanted, ready = hashlib.sha256(content).hexdigest(), directory / "ready"
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists() or ready.read_text() != wanted:
            say("Installing an OpenID provider for the tests (npm)")
            for name in FILES:
                shutil.copy2(SOURCE / name, directory / name)
            subprocess.run(
                ["npm", "ci", "--silent", "--ignore-scripts"],
                cwd=directory,
                check=True,
                stdout=subprocess.DEVNULL,
            )
            ready.write_text(wanted)
    return directory


class Server:
    """One provider; its people are those that `knows` was told last."""

    def __init__(self, directory: Path, *, redirect: str) -> None:
        self.directory = directory
        self.redirect = redirect
        self.port = Ports(directory / "ports.json")["openid"]
        self.log = directory / "openid.log"
        self._people = directory / "people.json"
        self._pid_file = directory / "openid.pid"
        self.knows({})

    @property
    def issuer(self) -> str:
        """What it calls itself."""
        return f"http://127.0.0.1:{self.port}"

    def knows(self, people: Mapping[str, Mapping[str, Any]]) -> None:
        """These people by their subject, with their claims, from the next call on."""
        partial = self._people.with_suffix(".partial")
        partial.write_text(json.dumps(people))
        partial.rename(self._people)

    def start(self) -> None:
        """Start and wait until it answers; below 1 s, raises NotReadyError after 60 s."""
        processes.start(
            ["node", "provider.mjs"],
            pid_file=self._pid_file,
            log=self.log,
            cwd=installed(),
            env={
                **os.environ,
                "PORT": str(self.port),
                "PEOPLE": str(self._people),
                "CLIENT": CLIENT,
                "SECRET": SECRET,
                "REDIRECT": self.redirect,
            },
        )
        processes.wait_until(
            self._answers, seconds=60, what=f"The provider is silent; see {self.log}", every=0.05
        )

    def stop(self) -> None:
        """End it."""
        processes.stop(self._pid_file)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _answers(self) -> bool:
        if not processes.is_alive(self._pid_file):
            raise processes.NotReadyError(f"The provider ended at once; see {self.log}")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/.well-known/openid-configuration")
            return connection.getresponse().status == http.client.OK
        except OSError:
            return False
        finally:
            connection.close()

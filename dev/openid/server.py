"""Starts and stops it, and says which people it knows."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dev import places
from dev.background import Background

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


class Server(Background):
    """One provider, ready in less than a second; its people are those that `knows` was told last.

    `url` is what it calls itself, its issuer.
    """

    name, title = "openid", "The provider"
    path = "/.well-known/openid-configuration"

    def __init__(self, directory: Path, *, redirect: str) -> None:
        super().__init__(directory)
        self.redirect = redirect
        self._people = directory / "people.json"
        self.knows({})

    def knows(self, people: Mapping[str, Mapping[str, Any]]) -> None:
        """These people by their subject, with their claims, from the next call on."""
        partial = self._people.with_suffix(".partial")
        partial.write_text(json.dumps(people))
        partial.rename(self._people)

    def command(self) -> tuple[Sequence[str | Path], Mapping[str, str], Path]:
        """The program, told of its one client and where its people stand."""
        told = {
            "PORT": str(self.port),
            "PEOPLE": str(self._people),
            "CLIENT": CLIENT,
            "SECRET": SECRET,
            "REDIRECT": self.redirect,
        }
        return ["node", "provider.mjs"], {**os.environ, **told}, installed()

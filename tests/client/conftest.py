"""A portal that answers on a socket, and the command as people call it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cesai_client import Client
from cesai_client.retrying import Retries
from django.core.servers.basehttp import WSGIRequestHandler
from pytest_django.live_server_helper import LiveServer

from dev import places
from tests.conftest import Caller

SOURCE = places.ROOT / "clients" / "python" / "src"
PROGRAM = (sys.executable, "-m", "cesai_client")


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed for programs."""
        return json.loads(self.out)


@dataclass
class Shell:
    """A person's shell with the command in it; nothing of this machine's own settings."""

    home: Path
    url: str
    environment: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, given: str | bytes = "", within: float = 60) -> Ran:
        """Run `cesai …` with that on standard input."""
        data = given.encode() if isinstance(given, str) else given
        with self.start(*arguments) as process:
            out, err = process.communicate(data, timeout=within)
        return Ran(process.returncode, out.decode(), err.decode())

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """The running command."""
        return subprocess.Popen(
            [*PROGRAM, *arguments],
            cwd=self.home,
            env=self.variables(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def variables(self) -> dict[str, str]:
        """All that the command finds in its environment."""
        usual = {name: os.environ[name] for name in ("PATH",)}
        return {
            **usual,
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(SOURCE),
            **self.environment,
        }

    def write(self, name: str, text: str | bytes) -> Path:
        """A file where the command runs."""
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    @property
    def config(self) -> Path:
        """Where log-ins are kept."""
        return self.home / ".config" / "cesai" / "config.toml"


@pytest.fixture
def portal(live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """The portal's address."""
    # Else every answer on a connection that stays open waits 40 ms for an acknowledgement.
    monkeypatch.setattr(WSGIRequestHandler, "disable_nagle_algorithm", True)
    return str(live_server.url)


@pytest.fixture
def shell(portal: str, tmp_path: Path) -> Shell:
    """Nobody's: not logged in."""
    return Shell(tmp_path, portal)


As = Callable[[Caller], Shell]


@pytest.fixture
def shell_of(shell: Shell) -> As:
    """The shell of somebody whose token stands in the environment."""

    def of(caller: Caller) -> Shell:
        shell.environment |= {"CESAI_URL": shell.url, "CESAI_TOKEN": caller.token}
        return shell

    return of


@pytest.fixture
def cesai(portal: str, member: Caller, shell_of: As) -> Shell:
    """The shell of a member of our group."""
    return shell_of(member)


@pytest.fixture
def client(portal: str, member: Caller) -> Iterator[Client]:
    """The library, as a member of our group."""
    with Client(portal, member.token, retries=Retries(attempts=3, first=0.01)) as client:
        yield client

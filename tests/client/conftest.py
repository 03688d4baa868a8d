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
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test.testcases import LiveServerThread
from pytest_django.live_server_helper import LiveServer

from cesai_client import Client
from cesai_client.retrying import Retries
from dev import places
from tests.conftest import Caller

SOURCE = places.ROOT / "clients" / "python" / "src"
# Tests may run where an interruption is ignored, as in the background of a script.
PROGRAM = ("env", "--default-signal=INT", sys.executable, "-m", "cesai_client")


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


class _Server(ThreadedWSGIServer):
    """Leaves the test's own connection to the database open after each call."""

    def _close_connections(self) -> None:
        pass


class _Thread(LiveServerThread):
    server_class = _Server
    connections_override: dict[str, BaseDatabaseWrapper]


@pytest.fixture(scope="session")
def _server(django_db_setup: None) -> Iterator[_Thread]:
    """A server whose calls see what the test has made, which is rolled back afterwards."""
    thread = _Thread("127.0.0.1", StaticFilesHandler, connections_override={})
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    assert thread.error is None
    yield thread
    thread.terminate()


@pytest.fixture(autouse=True)
def _prompt_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else an answer on a connection that stays open waits 40 ms for an acknowledgement."""
    monkeypatch.setattr(WSGIRequestHandler, "disable_nagle_algorithm", True)


@pytest.fixture
def portal(db: None, _server: _Thread, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The portal's address; what a test changes while a command runs needs `busy_portal`."""
    # The test's connection, which is another one since a browser has run in this process.
    own = connections["default"]
    # Else each call would end the transaction that the test is.
    monkeypatch.setattr(own, "close_if_unusable_or_obsolete", lambda: None)
    own.inc_thread_sharing()
    _server.connections_override["default"] = own
    yield f"http://127.0.0.1:{_server.port}"
    own.dec_thread_sharing()


@pytest.fixture
def busy_portal(live_server: LiveServer) -> str:
    """The address of a portal that commits, so that test and command may work side by side."""
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

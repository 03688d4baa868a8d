"""A server of tests on loopback that runs in a process of its own and answers HTTP when ready."""

from __future__ import annotations

import http.client
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from dev import processes
from dev.ports import Ports


class Background:
    """Started and stopped by its recorded pid; its port, log and pid lie below ``directory``.

    Subclasses say what it is called and how it is started.
    """

    name: str  # of its files, and of its port
    title: str  # what people call it
    path = "/"  # answers 200 once it is ready
    seconds = 60.0  # to become ready

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = Ports(directory / "ports.json")[self.name]
        self.log = directory / f"{self.name}.log"
        self.pid_file = directory / f"{self.name}.pid"

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def command(self) -> tuple[Sequence[str | Path], Mapping[str, str], Path]:
        """What is run, in which environment and in which directory."""
        raise NotImplementedError

    def start(self) -> None:
        """Start and wait until it answers; raises NotReadyError if it does not in time."""
        command, environment, directory = self.command()
        processes.start(
            command, pid_file=self.pid_file, log=self.log, env=environment, cwd=directory
        )
        silent = f"{self.title} is silent; see {self.log}"
        processes.wait_until(self._answers, seconds=self.seconds, what=silent, every=0.1)

    def stop(self) -> None:
        """End it; what it stored stays where it is."""
        processes.stop(self.pid_file)

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
        if not processes.is_alive(self.pid_file):
            raise processes.NotReadyError(f"{self.title} ended at once; see {self.log}")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", self.path)
            return connection.getresponse().status == http.client.OK
        except OSError:
            return False
        finally:
            connection.close()

"""Simulated clusters as processes: killed or stopped, and taken up again where they were."""

from __future__ import annotations

import json
import random
import signal
import sys
import urllib.request
from pathlib import Path

from dev import processes
from dev.ports import Ports
from dev.simulator.journal import started_name
from tests.faults.proxy import Call, Fault, Proxy

# What may happen to a call that changes something, and to one that only reads.
TO_CHANGES = list(Fault)
TO_READS = [Fault.DELAY, Fault.RESET_AT_ONCE, Fault.TRUNCATED, Fault.WRONG_LENGTH, Fault.HTML,
            Fault.ERROR_BEFORE, Fault.SLOW, Fault.REDIRECT]  # fmt: skip


class SimulatedCluster:
    """A simulator of its own process, which keeps a journal that only the judge reads."""

    address = "127.0.0.1"

    def __init__(self, directory: Path, name: str, wire: str, *options: str | int) -> None:
        self.name, self.wire = name, wire
        self._port = Ports(directory / "ports.json")[name]
        self._journal = directory / f"{name}.jsonl"
        self._pid_file, self._log = directory / f"{name}.pid", directory / f"{name}.log"
        self._options = ("--wire", wire, "--port", self._port, *options)

    @property
    def direct_url(self) -> str:
        """Its own address, whatever stands between it and the portal."""
        return f"http://{self.address}:{self._port}"

    @property
    def rest_url(self) -> str:
        """The address that the portal knows."""
        return self.direct_url

    def start(self) -> None:
        """Start it, or start it again where it was."""
        command = [sys.executable, "-m", "dev.simulator", "--name", self.name]
        options = [*map(str, self._options), "--state", str(self._journal)]
        options += ["--address", self.address]
        processes.start([*command, *options], pid_file=self._pid_file, log=self._log)

    def wait(self) -> None:
        """Until it answers."""
        processes.wait_until(self._answers, seconds=30, what=f"{self.name} is silent")

    def kill(self) -> None:
        processes.send(self._pid_file, signal.SIGKILL)

    def hang(self) -> None:
        """The kernel goes on accepting connections for it, and nobody answers."""
        processes.send(self._pid_file, signal.SIGSTOP)

    def go_on(self) -> None:
        """It answers again, first of all what callers gave up to wait for."""
        processes.send(self._pid_file, signal.SIGCONT)

    def stop(self) -> None:
        processes.stop(self._pid_file, seconds=5)

    def starts(self) -> list[str]:
        """The name of every start as the cluster itself wrote it down, with a task's index."""
        entries = map(json.loads, filter(None, self._journal.read_text().splitlines()))
        return [started_name(entry["content"]) for entry in entries if entry["kind"] == "start"]

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.direct_url}/_simulator/starts", timeout=5):
                return True
        except OSError:
            return False


class TroubledCluster(SimulatedCluster):
    """One behind a proxy of faults."""

    def __init__(
        self, directory: Path, name: str, wire: str, offset: int, dice: random.Random, late: float
    ) -> None:
        super().__init__(directory, name, wire, "--clock-offset", offset)
        self._dice = dice
        self.is_troubled = False
        self.proxy = Proxy(self._port, self._choose)
        self.proxy.late_seconds = lambda: dice.uniform(0.2, late)

    @property
    def rest_url(self) -> str:
        return self.proxy.url

    def stop(self) -> None:
        self.proxy.close()
        super().stop()

    def _choose(self, call: Call) -> Fault | None:
        if not self.is_troubled:
            return None
        is_read = call.method == "GET"
        if self._dice.random() > (0.06 if is_read else 0.35):
            return None
        fault = self._dice.choice(TO_READS if is_read else TO_CHANGES)
        # Each moves 100 MB: surely once, and seldom then.
        if fault is Fault.HUGE and self.proxy.seen[fault] and self._dice.random() > 0.1:
            return Fault.RESET_IN_ANSWER
        return fault

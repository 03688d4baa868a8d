"""Servers are ended by their recorded pids, and nothing else is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dev import processes

IGNORES_SIGTERM = (
    "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
)


def start(directory: Path, *command: str) -> Path:
    pid_file = directory / "pid"
    processes.start(command, pid_file=pid_file, log=directory / "log")
    return pid_file


def test_a_started_process_is_alive_until_it_is_stopped(tmp_path: Path) -> None:
    pid_file = start(tmp_path, "sleep", "60")
    assert processes.is_alive(pid_file)
    processes.stop(pid_file)
    assert not processes.is_alive(pid_file)


def test_a_recycled_pid_is_not_signalled(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as stranger:
        pid_file = tmp_path / "pid"
        pid_file.write_text(f"{stranger.pid} 1\n")  # recorded for a process started at tick 1
        processes.stop(pid_file)
        time.sleep(0.1)
        assert stranger.poll() is None
        stranger.kill()


def test_a_process_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    pid_file = start(tmp_path, sys.executable, "-c", IGNORES_SIGTERM)
    processes.wait_until((tmp_path / "log").read_text, seconds=10, what="not ready")
    processes.stop(pid_file, seconds=0.2)
    assert not processes.is_alive(pid_file)


def test_a_paused_process_is_ended_politely(tmp_path: Path) -> None:
    pid_file = start(tmp_path, "sleep", "60")
    processes.send(pid_file, signal.SIGSTOP)
    began_at = time.monotonic()
    processes.stop(pid_file, seconds=10)
    assert time.monotonic() - began_at < 5


def test_a_zombie_counts_as_ended(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        processes.record(tmp_path / "pid", process.pid)
        os.kill(process.pid, signal.SIGKILL)
        time.sleep(0.2)
        assert not processes.is_alive(tmp_path / "pid")


def test_a_tree_is_killed_with_its_grandchildren(tmp_path: Path) -> None:
    pid_file = start(tmp_path, "sh", "-c", "sh -c 'sleep 60 & echo $!; wait' & wait")
    processes.wait_until((tmp_path / "log").read_text, seconds=10, what="not started")
    processes.record(tmp_path / "grandchild", int((tmp_path / "log").read_text()))
    pid = processes.running_pid(pid_file)
    assert pid is not None
    processes.kill_tree(pid)
    time.sleep(0.2)
    assert not processes.is_alive(tmp_path / "grandchild")


def test_waiting_in_vain_says_what_was_waited_for() -> None:
    with pytest.raises(processes.NotReadyError, match="the kettle"):
        processes.wait_until(lambda: False, seconds=0.1, what="the kettle")

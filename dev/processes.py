"""Starts servers in the background and ends them by their recorded pids, never a stranger."""

from __future__ import annotations

import contextlib
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

# Held so that a child that ended is reaped by poll() instead of staying a zombie.
_children: dict[int, subprocess.Popen[bytes]] = {}


class NotReadyError(RuntimeError):
    """A server did not do in time what was waited for."""


def start(
    command: Sequence[str | Path],
    *,
    pid_file: Path,
    log: Path,
    env: Mapping[str, str] | None = None,
    user: str | None = None,
    cwd: Path | None = None,
) -> int:
    """Run the command detached, as another user if root asks for one, and record its pid.

    Its standard output and error are appended to ``log``, which the caller keeps readable.
    """
    account = pwd.getpwnam(user) if user and os.geteuid() == 0 else None
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=None if env is None else dict(env),
            cwd=cwd,
            start_new_session=True,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
        )
    _children[process.pid] = process
    record(pid_file, process.pid)
    return process.pid


def record(pid_file: Path, pid: int) -> None:
    """Write the pid with its start time, because the kernel gives pids out again."""
    pid_file.write_text(f"{pid} {_started_at(pid)}\n")


def running_pid(pid_file: Path) -> int | None:
    """The recorded process's pid while that very process runs, else None."""
    try:
        pid_text, started_at = pid_file.read_text().split()
    except (FileNotFoundError, ValueError):
        return None
    pid = int(pid_text)
    if pid in _children:
        _children[pid].poll()
    return pid if _started_at(pid) == started_at else None


def is_alive(pid_file: Path) -> bool:
    """Whether the recorded process (and not a later one with its pid) runs."""
    return running_pid(pid_file) is not None


def send(pid_file: Path, number: signal.Signals) -> bool:
    """Signal the recorded process; False if it no longer runs."""
    pid = running_pid(pid_file)
    if pid is None:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
    return True


def stop(pid_file: Path, *, seconds: float = 10, first: signal.Signals = signal.SIGTERM) -> None:
    """End the recorded process: ask, wait up to ``seconds``, then SIGKILL."""
    if send(pid_file, first):
        send(pid_file, signal.SIGCONT)  # a stopped process would never see the request
        if not _ended_within(pid_file, seconds):
            send(pid_file, signal.SIGKILL)
            _ended_within(pid_file, 10)
    pid_file.unlink(missing_ok=True)


def kill_tree(pid: int) -> None:
    """SIGKILL a process and everything it started, children last so that none is restarted."""
    children = [int(line.name) for line in Path("/proc").glob("[0-9]*") if _parent(line) == pid]
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    for child in children:
        kill_tree(child)


def wait_until(
    ready: Callable[[], object], *, seconds: float, what: str, every: float = 0.05
) -> None:
    """Poll until ``ready()``; raises NotReadyError with ``what`` after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise NotReadyError(f"{what} (waited {seconds:.0f} s)")
        time.sleep(every)


def _ended_within(pid_file: Path, seconds: float) -> bool:
    try:
        wait_until(lambda: not is_alive(pid_file), seconds=seconds, what="still running")
    except NotReadyError:
        return False
    return True


def _parent(process: Path) -> int | None:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def _started_at(pid: int) -> str | None:
    """Clock ticks since boot at which the process started; None for none and for a zombie."""
    try:
        # The command's name may hold spaces and brackets, so fields are counted after it.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else fields[19]

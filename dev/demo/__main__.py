"""Starts, stops, restores and resets the demonstration: ``python -m dev.demo start``."""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType

from dev import places, processes, users
from dev.broker import Broker
from dev.demo import layout, portal
from dev.demo.centre import Centre, describe, open_centre
from dev.demo.readout import print_ready, step
from dev.postgres import Postgres
from dev.slurm import UnavailableError


class RefusedError(RuntimeError):
    """The command cannot be done now; the message is for the person who gave it."""


def start(*, detach: bool) -> None:
    """Start all, print the log-ins, stay until a signal unless detached; then end all.

    Raises RefusedError if it runs already or its port is taken.
    """
    began_at = time.monotonic()
    layout.make_directories()
    with _only_one(), ExitStack() as undo:
        if processes.is_alive(layout.PIDS / "web"):
            raise RefusedError(_RUNNING)
        if portal.port_is_taken():
            raise RefusedError(
                f"Port {layout.PORT} is taken by another program; end that one first."
            )
        processes.record(_SUPERVISOR, os.getpid())
        for number in _ENDING:
            signal.signal(number, _interrupt)
        undo.callback(_stop_all)
        centre = _start_all()
        print_ready(centre, time.monotonic() - began_at)
        if detach:
            undo.pop_all()
            print("`make demo-stop` ends it.")
        else:
            print("Ctrl-C ends it.", flush=True)
            _stay()


def stop() -> None:
    """End whatever of the demonstration runs; the data stay."""
    if not layout.PIDS.is_dir():
        print("No demonstration was started here.")
        return
    _end_supervisor()
    with _only_one():
        _stop_all()
    print("The demonstration is stopped; its data are kept.")


def restore(source: str) -> None:
    """Read a backup in place of the data, which are backed up first; the clusters go on.

    Raises RefusedError if the demonstration runs or never did.
    """
    if not layout.ENVIRONMENT.exists():
        raise RefusedError("There is no demonstration yet: `make demo` makes one.")
    with _only_one():
        if processes.is_alive(layout.PIDS / "web"):
            raise RefusedError("Stop the demonstration first: `make demo-stop`.")
        postgres, _broker = _servers()
        postgres.start()
        try:
            kept = layout.VAR / "backups" / f"replaced-{time.strftime('%Y%m%dT%H%M%S')}"
            command = ["manage.py", "restore", "--from", source, "--replace", str(kept)]
            answer = subprocess.run([sys.executable, *command], cwd=places.ROOT, check=False)
        finally:
            postgres.stop()
    if answer.returncode:
        raise RefusedError("Nothing else was done.")
    print("`make demo` goes on with it.")


def reset() -> None:
    """End it and forget its data, secrets and UNIX users."""
    if layout.PIDS.is_dir():
        _end_supervisor()
        with _only_one():
            _stop_all()
            if layout.clusters_file().exists():
                open_centre().remove()
            for name, home in users.homes_below(layout.data()):
                users.remove_unix_user(name, home)
            for directory in (layout.data(), layout.PIDS, layout.LOGS, layout.VAR / "static"):
                shutil.rmtree(directory, ignore_errors=True)
            for file in (layout.ENVIRONMENT, layout.READOUT, layout.LOCK):
                file.unlink(missing_ok=True)
    print("The demonstration is forgotten.")
    packages = places.state_directory() / "packages"
    if packages.is_dir():
        print(f"Kept for the next time: the unpacked programs in {packages}.")


def _start_all() -> Centre:
    """Start everything in the order of need; each step prints its seconds."""
    print("Starting the demonstration", flush=True)
    processes.stop(layout.PIDS / "site")  # what a killed predecessor left; the servers see
    portal.stop()  # to their own leavings, and jobs that still run go on
    postgres, broker = _servers()
    with step("PostgreSQL and Redis"):
        postgres.start()
        postgres.prepare(portal.DATABASE)
        broker.start()
    centre = open_centre()
    describe(centre)  # before they start, so that stop knows them whatever happens
    with step(f"{'Real' if centre.is_real else 'Simulated'} clusters north and south"):
        centre.start()
    web = portal.Portal(portal.write_environment(postgres, broker, centre))
    with step("Tables"):
        web.migrate()
    with step("Static files"):
        web.collect_static_files()
    with step("Demonstration data"):
        web.load()
    with step("Web, worker and the clusters' staff"):
        web.start()
        _start_staff()
        _wait_until_ready(web, centre)
    return centre


def _wait_until_ready(web: portal.Portal, centre: Centre) -> None:
    processes.wait_until(
        web.is_ready, seconds=60, every=0.2, what=f"{layout.URL}/readyz does not say ready"
    )
    marks = [layout.delivered(cluster.name) for cluster in centre.clusters]
    processes.wait_until(
        # Asked again, because gunicorn gives up a port that another program took a while later.
        lambda: web.is_ready() and all(mark.exists() for mark in marks),
        seconds=60,
        every=0.2,
        what=f"No credential was delivered; see {layout.LOGS / 'site.log'}",
    )


def _servers() -> tuple[Postgres, Broker]:
    user = layout.system_user()
    if user:
        users.ensure_unix_user(user, layout.data() / "home" / user)
    return Postgres(layout.data() / "postgres", user), Broker(layout.data() / "broker", user)


def _start_staff() -> None:
    for mark in layout.PIDS.glob("delivered.*"):
        mark.unlink()
    processes.start(
        [sys.executable, "-m", "dev.site"],
        pid_file=layout.PIDS / "site",
        log=layout.LOGS / "site.log",
        cwd=places.ROOT,
    )


def _stop_all() -> None:
    """End everything by its recorded pid, whatever signal comes meanwhile."""
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)
    processes.stop(layout.PIDS / "site")
    portal.stop()
    if layout.clusters_file().exists():
        open_centre().stop()
    user = layout.system_user()
    Broker(layout.data() / "broker", user).stop()
    Postgres(layout.data() / "postgres", user).stop()


def _end_supervisor() -> None:
    """Ask a demonstration in some foreground to end itself, and wait for it."""
    processes.stop(_SUPERVISOR, seconds=90)


def _stay() -> None:
    """Wait for a signal; raises FailedError if the web server ends by itself."""
    while processes.is_alive(layout.PIDS / "web"):
        time.sleep(0.5)
    raise portal.FailedError(f"The web server ended; see {layout.LOGS / 'web.log'}")


@contextmanager
def _only_one() -> Iterator[None]:
    """Hold a lock that the kernel drops even when we are killed; raises RefusedError."""
    with layout.LOCK.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RefusedError(_RUNNING) from None
        yield


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SUPERVISOR = layout.PIDS / "supervisor"
_RUNNING = f"A demonstration is already running at {layout.URL}; `make demo-stop` ends it."


_EXPECTED = (
    RefusedError,
    UnavailableError,
    PermissionError,
    portal.FailedError,
    processes.NotReadyError,
)


def _text(output: bytes | str | None) -> str:
    return output.decode(errors="replace") if isinstance(output, bytes) else output or ""


def main() -> int:
    """Do what the command line says; a failure is one sentence and exit code 1."""
    parser = argparse.ArgumentParser(prog="python -m dev.demo", description=__doc__)
    parser.add_argument("command", choices=("start", "stop", "restore", "reset"))
    parser.add_argument("source", nargs="?", help="restore: the directory of the backup")
    parser.add_argument("--detach", action="store_true", help="return when ready")
    given = parser.parse_args()
    try:
        if given.command == "start":
            start(detach=given.detach)
        elif given.command == "restore":
            if not given.source:
                parser.error("restore needs the directory of a backup")
            restore(given.source)
        else:
            {"stop": stop, "reset": reset}[given.command]()
    except KeyboardInterrupt:
        print("\nThe demonstration is stopped; its data are kept.")
    except subprocess.CalledProcessError as error:
        print(f"\n{error}\n{_text(error.stderr)[-500:]}", file=sys.stderr)
        return 1
    except _EXPECTED as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

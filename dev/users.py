"""UNIX users made for the demo and the tests, removed again when nobody needs them any more."""

from __future__ import annotations

import fcntl
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote

# One directory per user we made, in it one file per home that relies on the user: a demo and
# a test run share users such as cesai-control, and the last one out removes them.
RECORD = Path("/var/lib/cesai-dev/users")
NAME = re.compile(r"cesai[-_][a-z0-9-]{1,24}")


def ensure_unix_user(name: str, home: Path) -> None:
    """Make the system user unless it exists, and a home that only it can read.

    Raises ValueError for a name outside ``cesai-*``, PermissionError when a user of that name
    exists that we did not make.
    """
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name for a demonstration user")
    made_by_us = RECORD / name
    with _one_at_a_time():
        if not _exists(name):
            made_by_us.mkdir(parents=True, exist_ok=True)
            subprocess.run(
                [
                    *("useradd", "--system", "--user-group", "--no-create-home"),
                    *("--home-dir", str(home), "--shell", "/usr/sbin/nologin", name),
                ],
                check=True,
                capture_output=True,
            )
        elif not made_by_us.is_dir():
            raise PermissionError(f"The user {name} exists and was not made by us")
        own_directory(home, name)
        (made_by_us / quote(str(home), safe="")).touch()


def own_directory(path: Path, name: str) -> None:
    """Make the directory if missing and give it to the user alone (mode 0700)."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.chown(path, name, name)
    path.chmod(0o700)


def become(name: str) -> list[str]:
    """The prefix that runs a command as the user, without root's groups; none for no name."""
    if not name:
        return []
    account = pwd.getpwnam(name)
    ids = (f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups")
    return ["setpriv", *ids, "--"]


def remove_unix_user(name: str, home: Path) -> None:
    """Give up this home; remove the user if we made it and no other home relies on it.

    A user with running processes stays, and so does its record for the next attempt.
    """
    made_by_us = RECORD / name
    mark = made_by_us / quote(str(home), safe="")
    with _one_at_a_time():
        if not mark.exists():
            return
        shutil.rmtree(home, ignore_errors=True)
        # A home that is gone (its owner was deleted by hand) no longer relies on the user.
        if any(Path(unquote(other.name)).is_dir() for other in made_by_us.iterdir()):
            mark.unlink()
        elif subprocess.run(["userdel", name], capture_output=True, check=False).returncode == 0:
            shutil.rmtree(made_by_us)
            _remove_if_empty(RECORD)


def homes_below(directory: Path) -> list[tuple[str, Path]]:
    """Every (user, home) recorded with a home below the directory."""
    marks = RECORD.glob("*/*") if RECORD.is_dir() else ()
    found = [(mark.parent.name, Path(unquote(mark.name))) for mark in marks]
    return [(name, home) for name, home in found if home.is_relative_to(directory)]


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Keep a site that ends from removing a user that another one is just beginning to use."""
    directory = os.open(RECORD.parent.parent, os.O_RDONLY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)


def _exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _remove_if_empty(directory: Path) -> None:
    for place in (directory, directory.parent):
        if any(place.iterdir()):
            return
        place.rmdir()

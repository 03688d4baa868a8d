"""Where servers of a developer's machine keep their state, given who must be able to reach it."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# A unix socket's path holds at most 107 bytes; the longest name we add below takes 45.
LONGEST_BASE = 60


def state_directory() -> Path:
    """The directory below which databases and clusters live: var/, or one in /var/tmp.

    Servers run as unprivileged users, which often cannot traverse a home directory. Raises
    PermissionError if somebody else made the directory in /var/tmp.
    """
    inside = ROOT / "var"
    if is_open(ROOT) and len(os.fsencode(inside)) <= LONGEST_BASE:
        directory = inside
    else:
        digest = hashlib.sha256(os.fsencode(ROOT)).hexdigest()[:8]
        directory = Path("/var/tmp") / f"cesai-{digest}"  # noqa: S108 (ownership is checked)
    directory.mkdir(mode=0o755, parents=True, exist_ok=True)
    found = directory.stat(follow_symlinks=False)
    if found.st_uid != os.geteuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError(f"{directory} must belong to the current user alone")
    return directory


def is_open(path: Path) -> bool:
    """Whether every user may traverse the path (or execute it, if it is a file)."""
    return all(place.stat().st_mode & stat.S_IXOTH for place in (path, *path.parents))


def reachable_copy(program: Path, into: Path) -> Path:
    """The program (file or directory) itself if all users reach it, else a copy below ``into``."""
    source = program.resolve()
    if is_open(source):
        return source
    copy = into / program.name
    if not copy.exists():
        into.mkdir(mode=0o755, parents=True, exist_ok=True)
        partial = copy.with_name(copy.name + ".partial")
        if source.is_dir():
            shutil.copytree(source, partial, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy2(source, partial)
        partial.rename(copy)
    return copy

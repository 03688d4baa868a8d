"""Where the demonstration keeps what."""

from __future__ import annotations

import os
from pathlib import Path

from dev import places

URL = "http://127.0.0.1:8000"
PORT = 8000
# No project can have it: the UNIX user of project `demo` is `cesai-demo`, and slugs have no `_`.
SYSTEM_USER = "cesai_demo"

VAR = places.ROOT / "var"
LOGS = VAR / "logs"
PIDS = VAR / "pids"
ENVIRONMENT = VAR / "demo.env"
READOUT = VAR / "demo.json"
LOCK = VAR / "demo.lock"


def data() -> Path:
    """The directory of databases and clusters, which reset removes."""
    return places.state_directory() / "demo"


def clusters_file() -> Path:
    """The description of the clusters that ``load_demo`` reads."""
    return data() / "clusters.json"


def delivered(slug: str) -> Path:
    """Exists once the staff of that cluster have delivered their control credential."""
    return PIDS / f"delivered.{slug}"


def system_user() -> str | None:
    """The user for the servers when root starts them; others start them as themselves."""
    return SYSTEM_USER if os.geteuid() == 0 else None


def make_directories() -> None:
    """Make what this module names, readable but not writable by others."""
    for directory in (VAR, LOGS, PIDS, data()):
        directory.mkdir(mode=0o755, parents=True, exist_ok=True)

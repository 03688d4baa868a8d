"""The list that makes a directory a backup: when, of what, and how to know that it is whole."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from cesai.backup.contents import Table

FORMAT = 1
MANIFEST, DUMP = "manifest.json", "database.dump"


@dataclass(frozen=True)
class Manifest:
    """What stands beside a dump; times are ISO 8601 in UTC, by PostgreSQL's clock."""

    made_at: str
    server: str  # PostgreSQL's release
    dump_sha256: str
    dump_bytes: int
    migrations: list[list[str]]  # app and name, as applied
    credential_keys: list[str]  # ids of the keys that credentials are sealed with
    tables: dict[str, Table] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def rows(self) -> int:
        """Over all tables."""
        return sum(table.rows for table in self.tables.values())

    def write(self, directory: Path) -> None:
        """The last file of a backup: without it the directory is none."""
        write_secret(directory / MANIFEST, json.dumps(asdict(self), indent=1) + "\n")


def read_manifest(directory: Path) -> Manifest:
    """Raises CommandError unless the directory holds a whole backup that this release knows."""
    file = directory / MANIFEST
    try:
        content: dict[str, Any] = json.loads(file.read_text())
        if content.get("format") != FORMAT:
            raise CommandError(
                f"{directory} is of format {content.get('format')}; this release reads {FORMAT}."
            )
        tables = {name: Table(**table) for name, table in content.pop("tables").items()}
        manifest = Manifest(tables=tables, **content)
    except OSError as error:
        raise CommandError(
            f"{directory} is no whole backup: {MANIFEST} cannot be read ({error.strerror})."
        ) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CommandError(f"{file} is damaged: {error}. Use another backup.") from error
    _check_dump(directory / DUMP, manifest)
    return manifest


def sha256_of(file: Path) -> str:
    """Of a file of any size."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def write_secret(file: Path, text: str) -> None:
    """A new file that nobody else may read, on the disk when this returns."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())


def _check_dump(file: Path, manifest: Manifest) -> None:
    try:
        found = sha256_of(file)
    except OSError as error:
        raise CommandError(f"{file} cannot be read ({error.strerror}).") from error
    if found != manifest.dump_sha256:
        raise CommandError(
            f"{file} is not the file that was written: its SHA-256 differs. Use another backup."
        )

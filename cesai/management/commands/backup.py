"""`backup`: one consistent copy of the database, with the counts and hashes that prove it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

from cesai.backup.contents import Table, read_contents
from cesai.backup.manifest import DUMP, Manifest, sha256_of, write_secret
from cesai.backup.programs import run_program
from cesai.owner import become_owner
from compute.models import Credential

SECRETS = ("CESAI_SECRET_KEY", "CESAI_CREDENTIAL_KEYS", "CESAI_CERTIFICATE_KEY")


class Command(BaseCommand):
    help = "Copies the database into a new directory, while the portal runs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", type=Path, required=True, help="a directory that is not there")
        parser.add_argument(
            "--secrets", type=Path, help="also write the keys, into this file outside of it"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Dump and hashes come from one snapshot, so that they tell of the same moment."""
        directory, secrets = options["to"].absolute(), options["secrets"]
        if secrets and secrets.absolute().is_relative_to(directory):
            raise CommandError(
                f"{secrets} lies in the backup: whoever gets both reads every credential. "
                "Name a file elsewhere."
            )
        _make(directory)
        become_owner(connection)
        manifest = self._copy(directory)
        manifest.write(directory)
        if secrets:
            write_secret(secrets, _keys())
        self.stdout.write(
            f"{directory}: {manifest.rows:,} rows of {len(manifest.tables)} tables, "
            f"{manifest.dump_bytes / 1e6:,.1f} MB, as of {manifest.made_at}"
        )
        self.stdout.write(
            f"The keys are in {secrets}; keep it apart from the backup."
            if secrets
            else "The keys are not in it; keep them apart: without them no credential is readable."
        )

    def _copy(self, directory: Path) -> Manifest:
        dump = directory / DUMP
        with transaction.atomic():
            cursor = connection.cursor().cursor
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SELECT pg_export_snapshot(), now() AT TIME ZONE 'UTC'")
            snapshot, made_at = cursor.fetchone()
            self.stdout.write("Copying …")
            options = ["--format=custom", "--no-owner", "--no-privileges", "--no-comments"]
            dump.touch(mode=0o600)
            run_program(
                "pg_dump", [*options, f"--snapshot={snapshot}", "--file", dump], connection
            )
            tables = dict(self._told(read_contents(cursor)))
            cursor.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
            migrations = [list(row) for row in cursor.fetchall()]
            cursor.execute("SHOW server_version")
            [server] = cursor.fetchone()
            keys = Credential.objects.order_by().values_list("sealed_token", flat=True)
            key_ids = sorted({sealed.partition(":")[0] for sealed in keys})
        return Manifest(
            made_at=f"{made_at.isoformat(timespec='seconds')}Z",
            server=server,
            dump_sha256=sha256_of(dump),
            dump_bytes=dump.stat().st_size,
            migrations=migrations,
            credential_keys=key_ids,
            tables=tables,
        )

    def _told(self, tables: Iterator[tuple[str, Table]]) -> Iterator[tuple[str, Table]]:
        for name, table in tables:
            if table.rows > 100_000:
                self.stdout.write(f"  {name}: {table.rows:,} rows")
            yield name, table


def _make(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, parents=True)
    except FileExistsError as error:
        raise CommandError(
            f"{directory} is there already; a backup goes into a new directory."
        ) from error
    except OSError as error:
        raise CommandError(f"{directory} cannot be made ({error.strerror}).") from error


def _keys() -> str:
    """In the form of an environment file."""
    pairs = ",".join(f"{key_id}:{key}" for key_id, key in settings.CREDENTIAL_KEYS)
    values = (settings.SECRET_KEY, pairs, settings.CERTIFICATE_KEY)
    return "".join(f"{name}={value}\n" for name, value in zip(SECRETS, values, strict=True))

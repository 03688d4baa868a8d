"""`restore`: a backup into an empty database, proved row by row; jobs are not handed over yet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader

from cesai.backup.contents import Table, read_contents
from cesai.backup.manifest import DUMP, Manifest, read_manifest
from cesai.backup.programs import run_program
from cesai.backup.target import check_alone, is_empty, make_empty
from cesai.owner import become_owner, grant_application


class Command(BaseCommand):
    help = "Reads a backup into the database that DATABASE_URL names, which must be empty."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="source", type=Path, required=True)
        parser.add_argument(
            "--replace",
            type=Path,
            help="back up what the database holds now into this new directory, then drop it",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Check all that can be checked before anything is touched."""
        source: Path = options["source"].absolute()
        manifest = read_manifest(source)
        _check_release(manifest)
        become_owner(connection)
        check_alone(connection)
        self._make_room(options["replace"])
        self.stdout.write(f"Reading {manifest.rows:,} rows as of {manifest.made_at} …")
        arguments = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
        database = connection.settings_dict["NAME"]
        arguments += ["--no-comments", f"--dbname={database}"]
        run_program("pg_restore", [*arguments, source / DUMP], connection)
        grant_application(connection)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        self._prove(manifest)
        self._tell_what_is_next(manifest)

    def _make_room(self, kept: Path | None) -> None:
        if is_empty(connection):
            return
        if kept is None:
            raise CommandError(
                f"The database {connection.settings_dict['NAME']} is not empty. Restore into a "
                "new one, or say --replace DIRECTORY: what it holds is backed up there first."
            )
        call_command("backup", to=kept, stdout=self.stdout)
        make_empty(connection)

    def _prove(self, manifest: Manifest) -> None:
        """Compare every table with what was counted and hashed when the backup was made."""
        with transaction.atomic():
            found = dict(read_contents(connection.cursor().cursor))
        wrong = [
            _difference(name, manifest.tables.get(name), found.get(name))
            for name in sorted(manifest.tables.keys() | found.keys())
            if manifest.tables.get(name) != found.get(name)
        ]
        if wrong:
            raise CommandError(
                "What was restored is not what was backed up; do not start the portal on it. "
                + "; ".join(wrong)
            )
        self.stdout.write(f"All {len(found)} tables are as they were: counts and hashes agree.")

    def _tell_what_is_next(self, manifest: Manifest) -> None:
        missing = sorted(set(manifest.credential_keys) - dict(settings.CREDENTIAL_KEYS).keys())
        if missing:
            self.stdout.write(
                f"CESAI_CREDENTIAL_KEYS lacks {', '.join(missing)}: credentials sealed with it "
                "cannot be read. Add the key that is kept with the secrets, or let the sites "
                "deliver again."
            )
        if _unapplied(manifest):
            self.stdout.write("It is from an older release: run `manage.py migrate` now.")
        self.stdout.write(
            "Start the portal. It hands over no job to a cluster until it has asked it what ran "
            "since the backup and the cluster's operator has enabled dispatch on its page."
        )


def _check_release(manifest: Manifest) -> None:
    known = MigrationLoader(None).disk_migrations
    ours = {app for app, _name in known}
    newer = [f"{app} {name}" for app, name in manifest.migrations if app in ours]
    newer = [text for text in newer if tuple(text.split(" ")) not in known]
    if newer:
        raise CommandError(
            f"The backup is from a newer release of the portal (it has {newer[-1]}). "
            "Install that release, then restore."
        )


def _unapplied(manifest: Manifest) -> bool:
    applied = {(app, name) for app, name in manifest.migrations}
    return bool(MigrationLoader(None).disk_migrations.keys() - applied)


def _difference(name: str, wanted: Table | None, found: Table | None) -> str:
    if wanted is None or found is None:
        return f"{name} {'is missing' if found is None else 'was not in it'}"
    if wanted.rows != found.rows:
        return f"{name} has {found.rows:,} rows instead of {wanted.rows:,}"
    return f"{name} has other values in its {found.rows:,} rows"

"""`migrate`: the tables belong to the owner's role, the application's role works on rows alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from cesai import env
from cesai.owner import APPEND_ONLY


def _rows(statement: str, *values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [row[0] for row in cursor.fetchall()]


def _tables_with(privilege: str) -> set[str]:
    return set(
        _rows(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind = 'r' AND has_table_privilege('cesai_app', oid, %s)",
            privilege,
        )
    )


@pytest.fixture
def tables(db: None) -> set[str]:
    return set(_rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))


def test_no_model_has_changed_without_a_migration(db: None) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize("privilege", ["SELECT", "INSERT"])
def test_the_application_reads_and_adds_rows_everywhere(tables: set[str], privilege: str) -> None:
    assert _tables_with(privilege) == tables


@pytest.mark.parametrize("privilege", ["UPDATE", "DELETE"])
def test_it_changes_rows_but_for_what_is_append_only(tables: set[str], privilege: str) -> None:
    assert _tables_with(privilege) == tables - set(APPEND_ONLY)


@pytest.mark.parametrize("privilege", ["TRUNCATE", "TRIGGER", "REFERENCES"])
def test_it_may_do_nothing_to_a_table_as_a_whole(db: None, privilege: str) -> None:
    assert _tables_with(privilege) == set()


def test_it_makes_no_tables_of_its_own(db: None) -> None:
    assert _rows("SELECT has_schema_privilege('cesai_app', 'public', 'CREATE')") == [False]


def test_it_owns_nothing(db: None) -> None:
    assert _rows("SELECT tablename FROM pg_tables WHERE tableowner = 'cesai_app'") == []


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_what_is_append_only_is_guarded_against_its_owner_too(db: None, table: str) -> None:
    triggers = _rows(
        "SELECT tgname FROM pg_trigger WHERE tgrelid = to_regclass(%s) AND NOT tgisinternal", table
    )

    assert triggers == ["append_only"]


def test_a_stranger_to_the_database_gets_no_rights(db: None) -> None:
    granted = _rows(
        "SELECT DISTINCT grantee FROM information_schema.role_table_grants"
        " WHERE table_schema = 'public'"
    )

    assert set(granted) <= {"cesai_owner", "cesai_app"}


@pytest.fixture
def empty_database(db: None) -> Iterator[str]:
    name = f"{connection.settings_dict['NAME']}_empty"
    with psycopg.connect(_address("cesai_owner", "postgres"), autocommit=True) as owner:
        owner.execute(f'CREATE DATABASE "{name}"')
        yield name
        # Plain: it ends a vacuum of the server itself, which WITH (FORCE) may not.
        owner.execute(f'DROP DATABASE "{name}"')


def test_started_as_the_application_it_works_as_the_owner(empty_database: str) -> None:
    addresses = {
        "DATABASE_URL": _address("cesai_app", empty_database),
        "CESAI_MIGRATE_DATABASE_URL": _address("cesai_owner", empty_database),
    }
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "projects", "--verbosity", "0"],
        cwd=env.ROOT, env={**os.environ, **addresses}, check=True,
    )  # fmt: skip

    with psycopg.connect(_address("cesai_app", empty_database)) as application:
        owners = application.execute("SELECT DISTINCT tableowner FROM pg_tables"
                                     " WHERE schemaname = 'public'").fetchall()  # fmt: skip
        application.execute("SELECT count(*) FROM projects_user")
    assert owners == [("cesai_owner",)]


def _address(role: str, database: str) -> str:
    settings = connection.settings_dict
    host = settings["HOST"] or settings["OPTIONS"]["host"]
    return f"postgres://{role}@/{database}?host={quote(host)}"

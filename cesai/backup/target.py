"""The database that a backup goes into: nobody works in it, and it holds nothing of the portal."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from psycopg import sql

_OURS = """
    SELECT 'TABLE', c.oid::regclass::text FROM pg_class c
    WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND NOT {extension}
    UNION ALL
    SELECT CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END, p.oid::regprocedure::text
    FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND NOT {extension}
""".replace(
    "{extension}", "EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = oid AND d.deptype = 'e')"
)


def check_alone(connection: Any) -> None:
    """Raise CommandError if somebody else is connected: they would go on with what they read."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        [others] = cursor.fetchone()
    if others:
        raise CommandError(
            f"{others} other connections to this database are open. "
            "Stop web, workers and timetable first."
        )


def is_empty(connection: Any) -> bool:
    """Whether there is no table of anybody."""
    return not _objects(connection)


def make_empty(connection: Any) -> None:
    """Drop tables and functions, never an extension, which may be another role's."""
    with connection.cursor() as cursor:
        for kind, name in _objects(connection):  # names as PostgreSQL itself quotes them
            drop = sql.SQL(f"DROP {kind} IF EXISTS {name} CASCADE")
            cursor.execute(drop)


def _objects(connection: Any) -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(_OURS)
        return list(cursor.fetchall())

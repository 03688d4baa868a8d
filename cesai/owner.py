"""The role that owns the tables, and what it grants to the role of the application."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from psycopg import sql

APPLICATION_ROLE = "cesai_app"
APPEND_ONLY = ("projects_event", "projects_seal", "compute_ledgerentry", "compute_awardline")


def become_owner(connection: Any) -> None:
    """Let this connection speak as the owner, whose address is CESAI_MIGRATE_DATABASE_URL."""
    owner = settings.MIGRATE_DATABASE
    known = connection.settings_dict
    if any(known[key] != value for key, value in owner.items() if key != "NAME"):
        connection.close()
        known.update(owner)


def grant_application(connection: Any) -> None:
    """Give the application's role what it needs and no more: it never changes a table."""
    role = sql.Identifier(APPLICATION_ROLE)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_roles WHERE rolname = %s AND rolname <> current_user",
            [APPLICATION_ROLE],
        )
        if cursor.fetchone() is None:
            return
        for statement in (
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
            "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
            *(f"REVOKE UPDATE, DELETE ON {table} FROM {{role}}" for table in _existing(cursor)),
        ):
            cursor.execute(sql.SQL(statement).format(role=role))


def _existing(cursor: Any) -> list[str]:
    cursor.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename = ANY(%s)",
        [list(APPEND_ONLY)],
    )
    return [table for (table,) in cursor.fetchall()]

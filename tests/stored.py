"""All that stands in the database, as text: to look for what must not stand anywhere."""

from __future__ import annotations

from django.db import connection


def stored() -> dict[str, str]:
    """Each table's rows by its name."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT string_agg(t::text, chr(10)) FROM "{table}" t')
            found[table] = cursor.fetchone()[0] or ""
    return found

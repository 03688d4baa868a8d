"""Statements of our own whose text never changes: PostgreSQL plans each once a connection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor


def read_rows(statement: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement that is prepared after a few calls (`prepare_threshold`).

    Planning takes longer than running where many tables are joined by their keys. Django's own
    cursor puts the parameters into the text, which is then another one each time.
    """
    database: Any = connection
    database.close_if_health_check_failed()
    database.ensure_connection()
    with database.wrap_database_errors:
        cursor: Any = ServerBindingCursor(database.connection)  # type: ignore[call-arg]
    with database._prepare_cursor(cursor) as prepared:
        prepared.execute(statement, params)
        rows: list[tuple[Any, ...]] = prepared.fetchall()
    return rows

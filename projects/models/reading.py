"""Statements that PostgreSQL plans once a connection, since their text never changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor
from psycopg.pq import TransactionStatus


def read_rows(
    statement: str, params: Sequence[Any], *, has_one_plan: bool = False
) -> list[tuple[Any, ...]]:
    """The rows of a statement that is prepared after a few calls (`prepare_threshold`).

    Planning takes longer than running where many tables are joined by their keys. Django's own
    cursor puts the parameters into the text, which is then another one each time.

    `has_one_plan` says that the parameters make no difference to how it is best run. PostgreSQL
    itself would plan such a statement anew each time if it takes long lists: it reckons with
    lists of ten where it does not know them, and finds that dear.
    """
    with planned_once(), connection.cursor() as cursor, _one_plan(connection, has_one_plan):
        cursor.execute(statement, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


@contextmanager
def planned_once() -> Iterator[None]:
    """Statements inside, also those of the ORM, are prepared after a few calls.

    For statements that are best run in one way, whatever their parameters: PostgreSQL may plan
    them without looking at these.
    """
    database: Any = connection
    database.close_if_health_check_failed()
    database.ensure_connection()
    inside = database.connection
    usual, inside.cursor_factory = inside.cursor_factory, ServerBindingCursor
    try:
        yield
    finally:
        inside.cursor_factory = usual


@contextmanager
def _one_plan(database: Any, is_wanted: bool) -> Iterator[None]:
    if is_wanted:
        database.connection.execute("SET plan_cache_mode = force_generic_plan")
    try:
        yield
    finally:
        # Where the statement failed in a transaction, its rollback takes the setting along.
        status = database.connection.info.transaction_status
        if is_wanted and status != TransactionStatus.INERROR:
            database.connection.execute("RESET plan_cache_mode")

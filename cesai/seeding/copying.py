"""Rows of any of our tables by COPY, with the defaults that Django would have given them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection, models
from psycopg import sql
from psycopg.types.json import Jsonb

Row = dict[str, Any]


def copy_rows(model: type[models.Model], rows: Iterable[Row]) -> int:
    """Write rows, given by attribute name (`group_id`), and return how many there were."""
    fields = [field for field in model._meta.concrete_fields if _is_written(field)]
    names = [sql.Identifier(str(field.column)) for field in fields]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table), sql.SQL(", ").join(names)
    )
    written = 0
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(statement) as copy,
    ):
        for row in rows:
            copy.write_row([_value(field, row) for field in fields])
            written += 1
    return written


def _is_written(field: Any) -> bool:
    is_serial = isinstance(field, models.AutoField) and field.primary_key
    return not (field.generated or is_serial or field.has_db_default())


def _value(field: Any, row: Row) -> Any:
    value = row[field.attname] if field.attname in row else field.get_default()
    return Jsonb(value) if isinstance(field, models.JSONField) and value is not None else value

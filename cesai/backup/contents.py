"""What a database holds, table by table: how many rows, and one hash over all of them in order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from psycopg import sql

# Everything that may change how a value is spelled.
SPELLING = (
    "SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL bytea_output = 'hex'"
)

_TABLES = """
    SELECT c.relname, array_remove(array_agg(a.attname ORDER BY k.position), NULL)
    FROM pg_class c
    LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
    LEFT JOIN LATERAL unnest(i.indkey::smallint[]) WITH ORDINALITY k(number, position) ON true
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    GROUP BY c.relname ORDER BY c.relname
"""


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one table; `sha256` is over them as text, in the order of their keys."""

    rows: int
    sha256: str


def read_contents(cursor: Any) -> Iterator[tuple[str, Table]]:
    """Every table of the portal; `cursor` is psycopg's own, inside a transaction.

    The order does not depend on the collation of the database, nor the text on its settings.
    """
    cursor.execute(SPELLING)
    cursor.execute(_TABLES)
    for name, key in cursor.fetchall():
        yield name, _read(cursor, name, key)


def _read(cursor: Any, name: str, key: list[str]) -> Table:
    names: list[sql.Composable] = [sql.Identifier(column) for column in key] or [sql.SQL("t")]
    order = sql.SQL(", ").join(sql.SQL('{}::text COLLATE "C"').format(name) for name in names)
    rows = sql.SQL("COPY (SELECT t.* FROM {} t ORDER BY {}) TO STDOUT")
    digest, count = hashlib.sha256(), 0
    with cursor.copy(rows.format(sql.Identifier(name), order)) as copy:
        for block in copy:
            digest.update(block)
            count += bytes(block).count(b"\n")  # one inside a value is written as \n
    return Table(count, digest.hexdigest())

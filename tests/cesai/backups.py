"""Databases of their own for tests of copies, and the portal's commands on them."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys

import psycopg
from django.db import connection
from psycopg import sql

from dev import places

_numbers = itertools.count(1)


def address(database: str) -> str:
    """Of a database beside the tests' own, as the role that may make one."""
    known = connection.settings_dict
    host = known["HOST"] or known["OPTIONS"]["host"]
    return f"postgres://{known['USER']}@/{database}?host={host}"


def make_database() -> str:
    """A new, empty one; its name."""
    name = f"copy_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(address("postgres"), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return name


def drop_database(name: str) -> None:
    with psycopg.connect(address("postgres"), autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def query(database: str, statement: str) -> list[tuple[object, ...]]:
    """Rows of one statement; what it changes is committed."""
    with psycopg.connect(address(database)) as found:
        cursor = found.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def manage(database: str, *arguments: object, **environment: str) -> tuple[int, str]:
    """Exit code of `manage.py` on that database, and what it said."""
    answer = subprocess.run(
        [sys.executable, "manage.py", *map(str, arguments)],
        env={**os.environ, "DATABASE_URL": address(database), **environment},
        cwd=places.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.returncode, answer.stdout + answer.stderr

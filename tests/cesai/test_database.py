"""The connection to PostgreSQL between calls: whether it still stands is found out cheaply."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection
from django.db.backends.postgresql import base

from cesai.database.base import SURE_FOR

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """When the server was asked whether it is there."""
    found: list[float] = []
    ask = base.DatabaseWrapper.is_usable

    def count(self: Any) -> bool:
        found.append(time.monotonic())
        return ask(self)

    monkeypatch.setattr(base.DatabaseWrapper, "is_usable", count)
    connection.close()
    _statement()
    yield found
    connection.close()


def _statement() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def _next_call() -> int:
    """The process of the server that answers it."""
    here: Any = connection
    here.close_if_unusable_or_obsolete()  # as Django does at the begin of each call
    here.health_check_enabled, here.health_check_done = True, False
    return _statement()


def _end(process: int) -> None:
    """End a connection from the server's side, as its restart does."""
    with psycopg.connect(connection.connection.info.dsn, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [process])


def test_a_connection_at_rest_is_not_asked_each_time(asked: list[float]) -> None:
    first = [_next_call() for _ in range(5)]

    assert len(set(first)) == 1
    assert asked == []


def test_it_is_asked_again_after_a_while(
    asked: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    _next_call()
    later = time.monotonic() + SURE_FOR
    monkeypatch.setattr(time, "monotonic", lambda: later)
    _next_call()

    assert len(asked) == 1


def test_one_that_the_server_ended_is_replaced_before_the_call(asked: list[float]) -> None:
    before = _next_call()
    _end(before)

    assert _next_call() != before


def test_it_is_asked_after_an_error(asked: list[float]) -> None:
    _next_call()
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("SELECT nonsense")
    _next_call()

    assert len(asked) == 1

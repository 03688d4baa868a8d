"""The embedded PostgreSQL survives a kill, keeps to its socket and separates its roles."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from dev import processes
from dev.postgres import Postgres


@pytest.fixture
def postgres(open_directory: Path) -> Iterator[Postgres]:
    server = Postgres(open_directory / "postgres", "nobody")
    server.start()
    server.prepare("cesai")
    yield server
    server.stop()


def kill(server: Postgres) -> None:
    processes.send(server.pid_file, signal.SIGKILL)
    processes.wait_until(
        lambda: not processes.is_alive(server.pid_file), seconds=5, what="still there"
    )


def test_what_was_committed_survives_a_kill(postgres: Postgres) -> None:
    with psycopg.connect(postgres.dsn("cesai_owner", "cesai")) as connection:
        connection.execute("CREATE TABLE kept (value int)")
        connection.execute("INSERT INTO kept VALUES (7)")
    kill(postgres)
    postgres.start()
    with psycopg.connect(postgres.dsn("cesai_app", "cesai")) as connection:
        assert connection.execute("SELECT value FROM kept").fetchall() == [(7,)]


def test_a_lock_whose_pid_is_another_program_now_does_not_stop_it(postgres: Postgres) -> None:
    kill(postgres)
    lock = postgres.data / "postmaster.pid"
    lock.write_text(lock.read_text().replace(lock.read_text().split("\n")[0], str(os.getpid()), 1))
    postgres.start()
    psycopg.connect(postgres.dsn("cesai_app", "cesai")).close()


def test_the_application_may_write_rows_but_make_no_table(postgres: Postgres) -> None:
    with psycopg.connect(postgres.dsn("cesai_owner", "cesai")) as connection:
        connection.execute("CREATE TABLE note (id serial, text text)")
    with psycopg.connect(postgres.dsn("cesai_app", "cesai")) as connection:
        connection.execute("INSERT INTO note (text) VALUES ('a')")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE other (id int)")


def test_a_database_made_later_has_trigrams_and_the_same_rights(postgres: Postgres) -> None:
    postgres.prepare("another")
    with psycopg.connect(postgres.dsn("cesai_owner", "another")) as connection:
        connection.execute("CREATE TABLE note (id serial)")
    with psycopg.connect(postgres.dsn("cesai_app", "another")) as connection:
        connection.execute("INSERT INTO note DEFAULT VALUES")
        assert connection.execute("SELECT similarity('abc', 'abc')").fetchone() == (1.0,)


def test_it_has_no_tcp_port_and_only_its_own_user_may_enter(postgres: Postgres) -> None:
    with psycopg.connect(postgres.dsn("cesai_app", "cesai")) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    assert postgres.directory.stat().st_mode & 0o077 == 0

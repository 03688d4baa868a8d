"""Munge, MariaDB and slurmdbd: what all clusters of a site share."""

from __future__ import annotations

import secrets
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from dev import isolation, places, processes
from dev.slurm.configuration import SLURM_USER, Shared
from dev.slurm.programs import Programs
from dev.users import own_directory

_DATABASE_USER = f"""\
CREATE DATABASE IF NOT EXISTS slurm;
CREATE USER IF NOT EXISTS '{SLURM_USER}'@'localhost' IDENTIFIED VIA unix_socket;
GRANT ALL ON slurm.* TO '{SLURM_USER}'@'localhost';
"""


class Accounting:
    """The shared servers, with state in sub-directories of the site's directory."""

    def __init__(self, shared: Shared, programs: Programs) -> None:
        self._shared = shared
        self._programs = programs
        self._directory = shared.directory
        self._isolated = shared.directory / "slurmdbd" / "isolated"

    @property
    def is_isolated(self) -> bool:
        """Whether slurmdbd was last started in a network namespace of its own."""
        return self._isolated.exists()

    def prepare(self) -> None:
        """Make keys and directories the first time, and the configuration each time."""
        munge, database = self._directory / "munge", self._directory / "database"
        for directory in (munge, database, self._directory / "slurmdbd"):
            own_directory(directory, SLURM_USER)
        munge.chmod(0o755)  # every user's client talks to the socket in it
        _secret(munge / "key", 128)
        _secret(self._shared.jwt_key, 32)
        configuration = self._directory / "slurmdbd" / "slurmdbd.conf"
        _write_owned(configuration, self._shared.slurmdbd_conf().encode())
        # slurmdbd looks for its file beside the one that SLURM_CONF names.
        (self._directory / "slurmdbd" / "slurm.conf").touch()

    def start(self, controller_ports: Sequence[int]) -> None:
        """Start all three and wait until slurmdbd answers; raises NotReadyError."""
        self._start_munge()
        self._start_database()
        self._start_slurmdbd(controller_ports)

    def stop(self) -> None:
        for name in ("slurmdbd", "isolation", "database", "munge"):
            processes.stop(self._pid_file(name), seconds=20)

    def stop_slurmdbd(self) -> None:
        """End slurmdbd alone: slurmctld keeps what it has to tell until it is back."""
        processes.stop(self._pid_file("slurmdbd"), seconds=20)

    def start_slurmdbd(self, controller_ports: Sequence[int]) -> None:
        """Start it again; it answers a moment later."""
        processes.stop(self._pid_file("isolation"), seconds=20)
        self._start_slurmdbd(controller_ports)

    def _start_munge(self) -> None:
        munge = self._directory / "munge"
        options = [
            *("--foreground", "--force"),
            *(f"--socket={self._shared.munge_socket}", f"--key-file={munge}/key"),
            *(f"--pid-file={munge}/daemon.pid", f"--seed-file={munge}/seed"),
            f"--log-file={munge}/munged.log",
        ]
        self._start("munge", self._programs.command("munged", *options, user=SLURM_USER))

    def _start_database(self) -> None:
        """MariaDB on a unix socket alone, where a UNIX user logs in as itself."""
        directory = self._directory / "database"
        data = directory / "data"
        if not data.is_dir():
            self._make_database(data)
        _write_owned(directory / "users.sql", _DATABASE_USER.encode())
        options = [
            *("--no-defaults", f"--datadir={data}"),
            *(f"--basedir={self._programs.usr}", f"--init-file={directory}/users.sql"),
            *(f"--socket={self._shared.database_socket}", "--skip-networking"),
            *(f"--pid-file={directory}/daemon.pid", "--innodb-buffer-pool-size=64M"),
            *("--innodb-lock-wait-timeout=900", "--innodb-log-file-size=48M"),
        ]
        self._start(
            "database",
            self._programs.command("mariadbd", *options, user=SLURM_USER),
            TMPDIR=self._temporary_files(),
        )
        processes.wait_until(
            self._shared.database_socket.exists,
            seconds=60,
            what=f"MariaDB is silent; see {self._log('database')}",
        )

    def _make_database(self, data: Path) -> None:
        """Make the system tables; a half-made directory is thrown away."""
        fresh = data.with_name("data.new")
        shutil.rmtree(fresh, ignore_errors=True)
        usr = self._programs.usr
        command: list[str | Path] = [
            *(usr / "bin/mariadb-install-db", "--no-defaults", f"--basedir={usr}"),
            *(f"--datadir={fresh}", "--skip-test-db"),
            f"--auth-root-socket-user={SLURM_USER}",
        ]
        with self._log("database").open("ab") as log:
            subprocess.run(
                self._programs.inside(command, user=SLURM_USER),
                env={**self._programs.environment, "TMPDIR": self._temporary_files()},
                check=True,
                stdout=log,
                stderr=log,
            )
        fresh.rename(data)

    def _temporary_files(self) -> str:
        """A folder of its own: a MariaDB that starts deletes every other's tables from /tmp."""
        folder = self._directory / "database" / "tmp"
        own_directory(folder, SLURM_USER)
        return str(folder)

    def _start_slurmdbd(self, controller_ports: Sequence[int]) -> None:
        self._start_isolation(controller_ports)
        pid = processes.running_pid(self._pid_file("isolation"))
        prefix = isolation.command(pid) if pid and self.is_isolated else []
        self._start(
            "slurmdbd",
            [*prefix, *self._programs.command("slurmdbd", "-D")],
            SLURM_CONF=str(self._directory / "slurmdbd" / "slurm.conf"),
            # The client library's only way to be told the socket.
            MYSQL_UNIX_PORT=str(self._shared.database_socket),
        )

    def _start_isolation(self, controller_ports: Sequence[int]) -> None:
        """Make the namespace, or find that none can be made here (in many containers)."""
        self._isolated.unlink(missing_ok=True)
        ports = (self._shared.accounting_port, *controller_ports)
        self._start(
            "isolation",
            [sys.executable, "-m", "dev.isolation", self._isolated, *map(str, ports)],
            cwd=places.ROOT,
        )
        processes.wait_until(
            lambda: self.is_isolated or not processes.is_alive(self._pid_file("isolation")),
            seconds=20,
            what="The network namespace is neither ready nor refused",
        )

    def _start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        cwd: Path = Path("/"),
        **environment: str,
    ) -> None:
        processes.start(
            command,
            pid_file=self._pid_file(name),
            log=self._log(name),
            env={**self._programs.environment, **environment},
            cwd=cwd,
        )

    def _pid_file(self, name: str) -> Path:
        return self._directory / "pids" / name

    def _log(self, name: str) -> Path:
        return self._directory / "logs" / f"{name}.log"


def _secret(path: Path, size: int) -> None:
    """Write random bytes once, readable by the daemons' user alone."""
    if not path.exists():
        _write_owned(path, secrets.token_bytes(size), mode=0o400)


def _write_owned(path: Path, content: bytes, mode: int = 0o600) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.touch(mode=0o600)
    fresh.write_bytes(content)
    shutil.chown(fresh, SLURM_USER, SLURM_USER)
    fresh.chmod(mode)
    fresh.rename(path)

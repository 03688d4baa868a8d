"""The portal's own part of the demonstration: environment, migrations, web, worker, beat."""

from __future__ import annotations

import os
import pwd
import secrets
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from cryptography.fernet import Fernet

from dev import places, processes, users
from dev.broker import Broker
from dev.demo import layout
from dev.demo.centre import Centre
from dev.postgres import Postgres

DATABASE = "cesai"
# The same in docker-compose.yml; a test holds them together.
WEB = ("gunicorn", "cesai.wsgi", "--config", "cesai/gunicorn.py")
WORKER = (
    *("celery", "-A", "cesai", "worker"),
    *("--pool", "threads", "--concurrency", "32", "--loglevel", "INFO"),
)


def beat(timetable: str | Path) -> tuple[str, ...]:
    """The command of the timetable, which remembers in that file what it rang when."""
    return ("celery", "-A", "cesai", "beat", "--schedule", str(timetable), "--pidfile=")


class FailedError(RuntimeError):
    """A command of the portal failed; the message names it and its last line."""


class Portal:
    """The portal's processes with the environment they share."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = {**os.environ, **environment}
        self._user = _user_for_servers()

    def migrate(self) -> None:
        """Bring the tables up to date; the command itself works as the role that owns them."""
        self._manage("migrate", "--noinput")

    def collect_static_files(self) -> None:
        """Give each static file the hashed name under which it is served."""
        self._manage("collectstatic", "--noinput")

    def load(self) -> None:
        """Load the demonstration's people, projects and clusters; repeatable."""
        self._manage(*("load_demo", "--clusters", layout.clusters_file(), "--out", layout.READOUT))

    def start(self) -> None:
        """Start web, worker and beat without waiting.

        Beat is no part of the worker here: as its child it would outlive a killed worker.
        """
        timetable = layout.data() / "timetable"
        timetable.mkdir(mode=0o700, exist_ok=True)
        if self._user:
            users.own_directory(timetable, self._user)
        self._start("web", WEB, CESAI_BIND=f"127.0.0.1:{layout.PORT}")
        self._start("worker", WORKER)
        self._start("beat", beat(timetable / "beat"))

    def is_ready(self) -> bool:
        """Whether the web process says so; raises FailedError once it has ended."""
        if not processes.is_alive(layout.PIDS / "web"):
            raise FailedError(f"The web server ended; see {layout.LOGS / 'web.log'}")
        try:
            with urllib.request.urlopen(f"{layout.URL}/readyz", timeout=5) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except OSError:
            return False

    def _manage(self, *arguments: str | Path) -> None:
        answer = subprocess.run(
            [sys.executable, places.ROOT / "manage.py", *arguments],
            env=self._environment,
            cwd=places.ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        with (layout.LOGS / "manage.log").open("a") as log:
            log.write(f"$ manage.py {arguments[0]}\n{answer.stdout}{answer.stderr}")
        if answer.returncode:
            last = (answer.stderr.strip() or answer.stdout.strip() or "no message").splitlines()
            raise FailedError(f"manage.py {arguments[0]} failed: {last[-1]}")

    def _start(self, name: str, command: Sequence[str], **environment: str) -> None:
        program, *arguments = command
        processes.start(
            [Path(sys.executable).parent / program, *arguments],
            pid_file=layout.PIDS / name,
            log=layout.LOGS / f"{name}.log",
            env={**self._environment, **environment},
            user=self._user,
            cwd=places.ROOT,
        )


def stop() -> None:
    """End beat, worker and web; what they do may be finished, up to 20 s each."""
    for name in ("beat", "worker", "web"):
        processes.stop(layout.PIDS / name, seconds=20)


def port_is_taken() -> bool:
    """Whether something answers or holds the portal's port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", layout.PORT))
        except OSError:
            return True
    return False


def write_environment(postgres: Postgres, broker: Broker, centre: Centre) -> dict[str, str]:
    """Write var/demo.env; keys made once are kept, or stored credentials would be lost."""
    known = _read_environment()
    environment = {
        "DATABASE_URL": postgres.dsn("cesai_app", DATABASE),
        "CESAI_MIGRATE_DATABASE_URL": postgres.dsn("cesai_owner", DATABASE),
        "BROKER_URL": broker.url,
        "CESAI_SECRET_KEY": known.get("CESAI_SECRET_KEY") or secrets.token_urlsafe(50),
        "CESAI_CREDENTIAL_KEYS": known.get("CESAI_CREDENTIAL_KEYS")
        or f"k1:{Fernet.generate_key().decode()}",
        "CESAI_BASE_URL": layout.URL,
        "CESAI_ALLOWED_HOSTS": "127.0.0.1,localhost",
        "CESAI_DEMO": "true",
        "CESAI_CLUSTER_URLS": ",".join(cluster.url for cluster in centre.clusters),
    }
    fresh = layout.ENVIRONMENT.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text("".join(f"{name}={value}\n" for name, value in environment.items()))
    fresh.rename(layout.ENVIRONMENT)
    return environment


def _read_environment() -> dict[str, str]:
    if not layout.ENVIRONMENT.exists():
        return {}
    pairs = (line.partition("=") for line in layout.ENVIRONMENT.read_text().splitlines())
    return {name: value for name, _, value in pairs}


def _user_for_servers() -> str | None:
    """The system user if it can read the code and run its Python, else the current user.

    Root's rights are of no use to web and worker; but a checkout or a Python in a home
    directory is often closed to everybody else, and then root is who can run them at all.
    """
    user = layout.system_user()
    if user is None:
        return None
    account = pwd.getpwnam(user)
    try:
        trial = subprocess.run(
            [sys.executable, "-c", "import cesai.env, gunicorn, celery"],
            env={"PATH": os.defpath},
            cwd=places.ROOT,
            user=account.pw_uid,
            group=account.pw_gid,
            extra_groups=[],
            capture_output=True,
            check=False,
        )
    except PermissionError:
        return None
    return user if trial.returncode == 0 else None

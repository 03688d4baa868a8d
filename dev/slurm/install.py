"""Fetches Slurm, MariaDB and munge from the distribution and unpacks them into a directory.

Nothing is installed into the system: no service starts, no configuration is touched, and an
installed Slurm of the same machine is left alone.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from dev import places
from dev.slurm.programs import CLIENTS, SERVERS, Programs

# Plugins are named too: apt would leave out what the system has installed already.
PACKAGES = (
    *("slurmctld", "slurmd", "slurmdbd", "slurmrestd", "slurm-client"),
    *("slurm-wlm-basic-plugins", "slurm-wlm-mysql-plugin", "slurm-wlm-jwt-plugin"),
    *("munge", "mariadb-server-core", "mariadb-client-core"),
)


class UnavailableError(RuntimeError):
    """Real clusters cannot be had on this machine; the message says why."""


def ensure(say: Callable[[str], None] = print) -> Programs:
    """Unpack the programs where every demo and test run of this checkout finds them."""
    return install(places.state_directory() / "packages", say)


def install(directory: Path, say: Callable[[str], None] = print) -> Programs:
    """Unpack the programs below ``directory`` unless they are there; about 5 s, then none.

    Raises UnavailableError when not root, not on Debian or Ubuntu, or when apt fails.
    """
    if os.geteuid() != 0:
        raise UnavailableError("real Slurm clusters need root, to run jobs as several users")
    programs = Programs(directory / "root")
    directory.mkdir(mode=0o755, parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:  # a demo and a test run may both begin
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (programs.root.is_dir() and _works(programs)):
            say(f"Unpacking below {directory} (nothing is installed): {' '.join(PACKAGES)}")
            _unpack(directory, programs.root)
    if not _works(programs):
        raise UnavailableError(f"the unpacked programs in {programs.root} do not run")
    return programs


def _unpack(directory: Path, root: Path) -> None:
    """Replace ``root`` by what the distribution offers now, whole or not at all."""
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        raise UnavailableError("real Slurm clusters are fetched with apt, which is not here")
    archives = _download(directory)
    fresh = Programs(directory / "root.new")
    shutil.rmtree(fresh.root, ignore_errors=True)
    for archive in archives:
        _run(["dpkg", "-x", str(archive), str(fresh.root)])
    _link_under_own_names(fresh)
    shutil.rmtree(root, ignore_errors=True)
    fresh.root.rename(root)
    shutil.rmtree(directory / "archives")


def _download(directory: Path) -> list[Path]:
    """Fetch the packages and what they need beyond the system's own, without any lock."""
    archives = directory / "archives"
    shutil.rmtree(archives, ignore_errors=True)
    (archives / "partial").mkdir(parents=True)
    fetch = [
        *("apt-get", "install", "--yes", "--no-install-recommends", "--download-only"),
        *("--reinstall", "-o", f"Dir::Cache::archives={archives}"),
        *("-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=root", *PACKAGES),
    ]
    try:
        _run(fetch)
    except UnavailableError:  # no package lists yet, or lists that are too old
        _run(["apt-get", "update"])
        _run(fetch)
    return sorted(archives.glob("*.deb"))


def _link_under_own_names(programs: Programs) -> None:
    """Link all programs into one folder; slurmctld segfaults when called slurmctld-wlm."""
    links = programs.root / "programs"
    links.mkdir()
    for name in (*SERVERS, *CLIENTS):
        for candidate in (f"sbin/{name}-wlm", f"sbin/{name}", f"bin/{name}"):
            if (programs.root / "usr" / candidate).is_file():
                (links / name).symlink_to(Path("..") / "usr" / candidate)
                break
        else:
            raise UnavailableError(f"the distribution's packages lack the program {name}")


def _works(programs: Programs) -> bool:
    commands = (("slurmctld", "-V"), ("slurmrestd", "-V"), ("munged", "-V"), ("mariadbd", "-V"))
    try:
        return all(
            subprocess.run(
                [programs.path(name), option],
                env=programs.environment,
                capture_output=True,
                check=False,
            ).returncode
            == 0
            for name, option in commands
        )
    except OSError:
        return False


def _run(command: list[str]) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if answer.returncode:
        last = (answer.stderr.strip() or answer.stdout.strip()).splitlines()[-1:]
        raise UnavailableError(f"{' '.join(command[:2])} failed: {' '.join(last)}")

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
from dev.slurm import suites
from dev.slurm.programs import CLIENTS, SERVERS, ForeignPrograms, Programs
from dev.slurm.releases import OWN, Release

# Plugins are named too: apt would leave out what the system has installed already.
PACKAGES = (
    *("slurmctld", "slurmd", "slurmdbd", "slurmrestd", "slurm-client"),
    *("slurm-wlm-basic-plugins", "slurm-wlm-mysql-plugin", "slurm-wlm-jwt-plugin"),
    *("munge", "mariadb-server-core", "mariadb-client-core"),
)

# What jobs, Slurm and our own commands call besides, once /usr is not this machine's.
USERLAND = (
    *("bash", "dash", "coreutils", "util-linux", "mount", "procps", "hostname"),
    *("findutils", "grep", "sed", "mawk", "libc-bin"),
)
# Beside a package manager that is at work, whose locks do not concern us.
ALONE = ("-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=root")


class UnavailableError(RuntimeError):
    """Real clusters cannot be had on this machine; the message says why."""


def ensure(say: Callable[[str], None] = print, release: Release = OWN) -> Programs:
    """Unpack the programs where every demo and test run of this checkout finds them."""
    name = f"packages-{release.name}" if release.suite else "packages"
    return install(places.state_directory() / name, say, release)


def install(
    directory: Path, say: Callable[[str], None] = print, release: Release = OWN
) -> Programs:
    """Unpack the programs below ``directory`` unless they are there.

    About 5 s, of another suite 25 s; then none. Raises UnavailableError when not root, not on
    Debian or Ubuntu, or when apt fails.
    """
    if os.geteuid() != 0:
        raise UnavailableError("real Slurm clusters need root, to run jobs as several users")
    programs = _programs(directory / "root", release)
    directory.mkdir(mode=0o755, parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:  # a demo and a test run may both begin
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (programs.root.is_dir() and _works(programs)):
            say(f"Unpacking below {directory} (nothing is installed): {' '.join(PACKAGES)}")
            _unpack(directory, programs.root, release)
    if not _works(programs):
        raise UnavailableError(f"the unpacked programs in {programs.root} do not run")
    if not programs.slurm_version.startswith(release.name):
        found = f"{release.suite} has Slurm {programs.slurm_version} now"
        raise UnavailableError(f"the suite {found}, not {release.name}")
    return programs


def _programs(root: Path, release: Release) -> Programs:
    if not release.suite:
        return Programs(root)
    if root.is_relative_to("/usr") or not Path("/lib").is_symlink():
        raise UnavailableError(
            "Slurm of another suite needs a /usr that holds all programs and not this directory"
        )
    return ForeignPrograms(root)


def _unpack(directory: Path, root: Path, release: Release) -> None:
    """Replace ``root`` by what the distribution offers now, whole or not at all."""
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        raise UnavailableError("real Slurm clusters are fetched with apt, which is not here")
    archives = _download_from(directory, release) if release.suite else _download(directory)
    fresh = _programs(directory / "root.new", release)
    shutil.rmtree(fresh.root, ignore_errors=True)
    for archive in archives:
        _run(["dpkg", "-x", str(archive), str(fresh.root)])
    _link_under_own_names(fresh)
    shutil.rmtree(root, ignore_errors=True)
    fresh.root.rename(root)
    shutil.rmtree(directory / "archives")


def _download(directory: Path) -> list[Path]:
    """Fetch the packages and what they need beyond the system's own."""
    fetch = [*_fetching_into(directory / "archives"), "--reinstall", *PACKAGES]
    try:
        _run(fetch)
    except UnavailableError:  # no package lists yet, or lists that are too old
        _run(["apt-get", "update"])
        _run(fetch)
    return sorted((directory / "archives").glob("*.deb"))


def _download_from(directory: Path, release: Release) -> list[Path]:
    """Fetch the packages and all that they need from another suite."""
    fetch = _fetching_into(directory / "archives")
    try:
        other = suites.options(directory / "apt", release.suite)
        _run(["apt-get", "update", *other, *ALONE])
        _run([*fetch, *other, *PACKAGES, *USERLAND])
    except (UnavailableError, suites.NoSourcesError) as error:
        wanted = f"Slurm {release.name} cannot be fetched from the suite {release.suite}"
        raise UnavailableError(f"{wanted}: {error}") from error
    finally:
        shutil.rmtree(directory / "apt", ignore_errors=True)
    return sorted((directory / "archives").glob("*.deb"))


def _fetching_into(archives: Path) -> list[str]:
    """The command that downloads packages into an empty folder."""
    shutil.rmtree(archives, ignore_errors=True)
    (archives / "partial").mkdir(parents=True)
    return [
        *("apt-get", "install", "--yes", "--no-install-recommends", "--download-only"),
        *("-o", f"Dir::Cache::archives={archives}", *ALONE),
    ]


def _link_under_own_names(programs: Programs) -> None:
    """Link all programs into one folder; slurmctld segfaults when called slurmctld-wlm."""
    links, usr = programs.links, programs.root / "usr"
    links.mkdir()
    for name in (*SERVERS, *CLIENTS):
        for candidate in (f"sbin/{name}-wlm", f"sbin/{name}", f"bin/{name}"):
            if (usr / candidate).is_file():
                (links / name).symlink_to(os.path.relpath(usr / candidate, links))
                break
        else:
            raise UnavailableError(f"the distribution's packages lack the program {name}")


def _works(programs: Programs) -> bool:
    commands = (("slurmctld", "-V"), ("slurmrestd", "-V"), ("munged", "-V"), ("mariadbd", "-V"))
    try:
        return all(
            subprocess.run(
                programs.command(name, option),
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

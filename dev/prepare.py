"""Installs what the tests need besides.

Slurm unpacked, chromium, gettext, ip, a real MLflow, an OpenID provider.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from dev import mlflow
from dev.openid import server
from dev.slurm import install

PROGRAMS = {
    "chromium": "chromium",
    "msgfmt": "gettext",
    "ip": "iproute2",
    "node": "nodejs",
    "npm": "npm",
}


def main() -> None:
    """Install what is missing; says so before it begins."""
    missing = [package for name, package in PROGRAMS.items() if not shutil.which(name)]
    if missing:
        _install(missing)
    install.ensure()
    mlflow.ensure()
    server.installed()


def _install(packages: list[str]) -> None:
    names = " ".join(packages)
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit(f"The tests need {names}; please install them with your system's packages.")
    print(f"Installing Debian packages: {names}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
    ):
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()

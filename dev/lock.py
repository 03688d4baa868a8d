"""Makes the hashed locks from pyproject.toml, mlflow.in and package.json; they hold no address.

What is locked stays at its release unless `--upgrade` is given.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from dev import places

LOCKS = {
    "base": ["pyproject.toml"],
    "dev": ["--extra", "dev", "pyproject.toml"],
    "mlflow": ["requirements/mlflow.in"],
}


def main() -> None:
    """Lock the dependencies, those of development and those of MLflow, for every platform."""
    with tempfile.TemporaryDirectory() as directory:
        venv.create(directory, with_pip=True)
        python, uv = (Path(directory) / "bin" / name for name in ("python", "uv"))
        subprocess.run([python, "-m", "pip", "install", "--quiet", "uv"], check=True)
        for name, source in LOCKS.items():
            _lock(uv, places.ROOT / "requirements" / f"{name}.txt", source)
    _lock_npm(places.ROOT / "dev" / "openid")


def _lock(uv: Path, lock: Path, source: list[str]) -> None:
    """Write one lock; exits if it holds an address."""
    subprocess.run(
        [
            *(str(uv), "pip", "compile", "--universal", *sys.argv[1:]),
            *("--python-version", "3.11", "--generate-hashes", "--no-header", "--quiet"),
            *("--no-annotate", "--no-emit-index-url", "--output-file", str(lock), *source),
        ],
        check=True,
        cwd=places.ROOT,
    )
    if "://" in lock.read_text():
        sys.exit(f"{lock} holds an address; it must not be committed")


def _lock_npm(directory: Path) -> None:
    """Write npm's lock; its hashes stay, where a package was found and whom to pay do not."""
    command = ["npm", "install", "--package-lock-only", "--ignore-scripts", "--silent"]
    subprocess.run(command, check=True, cwd=directory)
    file = directory / "package-lock.json"
    lock = json.loads(file.read_text())
    for package in lock["packages"].values():
        for name in ("resolved", "funding"):
            package.pop(name, None)
    file.write_text(json.dumps(lock, indent=2) + "\n")
    if "://" in file.read_text():
        sys.exit(f"{file} holds an address; it must not be committed")


if __name__ == "__main__":
    main()

"""`make check` beyond ruff: types, import contracts, migrations, templates, translations."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from dev import messages, nowhere, places, vendor
from dev.policy import record

BIN = Path(sys.executable).parent
CODE = [
    *("cesai", "projects", "registry", "compute"),
    "dev",
    "docker",
    "bench",
    "clients/python/src/cesai_client",
    "tests",
    "manage.py",
]


def main() -> int:
    """Run every check, say which failed, and return how many did."""
    os.chdir(places.ROOT)
    os.environ.update(nowhere.SETTINGS)
    manage = (sys.executable, "-W", "ignore", "manage.py")
    checks: dict[str, Callable[[], str]] = {
        "types": lambda: _run(BIN / "mypy", *CODE),
        "import contracts": lambda: _run(BIN / "lint-imports"),
        "deployment": lambda: _run(*manage, "check", "--deploy", "--fail-level", "WARNING"),
        "migrations": lambda: _run(*manage, "makemigrations", "--check", "--dry-run"),
        "templates": lambda: _run(BIN / "djlint", "templates", "--lint", "--quiet"),
        "translations": messages.problem,
        "vendored files": vendor.problems,
        "policy": record.problems,
    }
    failed = 0
    for name, check in checks.items():
        problem = check()
        print(f"{'FAILED' if problem else 'ok':6} {name}", flush=True)
        if problem:
            failed += 1
            print(problem, file=sys.stderr)
    return failed


def _run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"{done.stdout}\n{done.stderr}".strip()


if __name__ == "__main__":
    sys.exit(main())

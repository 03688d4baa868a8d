"""The German catalogue: collecting texts, compiling, and whether any is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from dev import nowhere, places

CATALOGUE = places.ROOT / "cesai" / "locale" / "de" / "LC_MESSAGES" / "django.po"
COLLECT = (
    *("manage.py", "makemessages", "--locale", "de", "--no-location", "--no-wrap"),
    *("--ignore", "var/*", "--ignore", ".venv/*", "--ignore", "tests/*"),
)


def main() -> None:
    """Collect all texts into the catalogue and compile it."""
    os.environ.update(nowhere.SETTINGS)
    _run(sys.executable, *COLLECT)
    _run("msgfmt", "--check", "-o", str(CATALOGUE.with_suffix(".mo")), str(CATALOGUE))
    print(problem() or "every text has its German")


def problem() -> str:
    """What is wrong with the catalogue, "" if nothing; it is left as it was."""
    if not shutil.which("msgfmt"):
        return "gettext is missing: run `make prepare`"
    committed, compiled = CATALOGUE.read_text(), CATALOGUE.with_suffix(".mo").read_bytes()
    try:
        _run(sys.executable, *COLLECT)
        missing = _entries("--untranslated") + _entries("--only-fuzzy")
    finally:
        CATALOGUE.write_text(committed)
    if missing:
        return "no German for:\n" + "\n".join(missing)
    with tempfile.TemporaryDirectory() as directory:
        fresh = Path(directory) / "django.mo"
        _run("msgfmt", "--check", "-o", str(fresh), str(CATALOGUE))
        return (
            "" if fresh.read_bytes() == compiled else "compiled from another text: make messages"
        )


def _entries(which: str) -> list[str]:
    listed = _run("msgattrib", which, "--no-obsolete", "--no-wrap", str(CATALOGUE))
    return [line for line in listed.splitlines() if line.startswith("msgid ") and line[7:] != '"']


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=places.ROOT)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()

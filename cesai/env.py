"""Reads the environment: typed, from files where a secret is one, and with one sentence when wrong."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import environ
from cryptography.fernet import Fernet

T = TypeVar("T")
ROOT = Path(__file__).resolve().parent.parent
DEMO_ENV = ROOT / "var" / "demo.env"


class BadSetting(SystemExit):
    """Stops start-up with one sentence that names the variable."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"Cannot start: {name} {problem}")


def load_demo_environment() -> None:
    """Let commands work beside a running demo: read what it wrote unless a database is named."""
    if "DATABASE_URL" in os.environ or not DEMO_ENV.is_file():
        return
    try:
        lines = DEMO_ENV.read_text().splitlines()
    except PermissionError:  # another person's demo is not ours to join
        return
    for line in lines:
        name, separator, value = line.partition("=")
        if separator and not name.startswith("#"):
            os.environ.setdefault(name.strip(), value.strip())


def text(name: str, default: str | None = None) -> str:
    """A setting as text; NAME_FILE names a file that holds it (for secrets)."""
    file = os.environ.get(f"{name}_FILE")
    if file:
        try:
            return Path(file).read_text().strip()
        except OSError as error:
            raise BadSetting(
                f"{name}_FILE", f"names a file that cannot be read: {file}"
            ) from error
    value = os.environ.get(name, default)
    if value is None or value == "":
        if default is not None:
            return default
        raise BadSetting(name, "is not set; see docs/operations.md for what it must hold.")
    return value


def number(name: str, default: int, *, least: int = 0) -> int:
    """A whole number not below `least`."""
    return _parsed(
        name, str(default), lambda raw: _at_least(int(raw), least), f"a number ≥ {least}"
    )


def flag(name: str, default: bool) -> bool:
    """true/false, yes/no, 1/0."""
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    return _parsed(name, str(default), lambda raw: words[raw.lower()], "true or false")


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def database(name: str, default: str | None = None) -> dict[str, object]:
    """A PostgreSQL address such as postgres://user:password@host/name."""
    url = text(name, default)
    parsed: dict[str, object] = environ.Env.db_url_config(url) if "://" in url else {}
    if "postgresql" not in str(parsed.get("ENGINE")):
        raise BadSetting(name, "must be a PostgreSQL address: postgres://user:password@host/name.")
    return parsed


def credential_keys(name: str) -> list[tuple[str, str]]:
    """`id:key,id:key`: the first encrypts, all decrypt. Keys are Fernet keys."""
    return _parsed(name, None, _key_pairs, "like `k1:KEY,k0:KEY`, each KEY made by Fernet")


def _key_pairs(raw: str) -> list[tuple[str, str]]:
    pairs = [tuple(part.strip().split(":", 1)) for part in raw.split(",")]
    for key_id, key in pairs:
        if not key_id.isalnum():
            raise ValueError(key_id)
        Fernet(key)
    return [(key_id, key) for key_id, key in pairs]


def _at_least(value: int, least: int) -> int:
    if value < least:
        raise ValueError(value)
    return value


def _parsed(name: str, default: str | None, parse: Callable[[str], T], wanted: str) -> T:
    raw = text(name, default)
    try:
        return parse(raw)
    except (ValueError, KeyError) as error:
        raise BadSetting(name, f"must be {wanted}.") from error

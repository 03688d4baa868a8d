"""Reads the environment: typed, secrets from files, one sentence for what is wrong."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import environ
from cryptography.fernet import Fernet

T = TypeVar("T")
ROOT = Path(__file__).resolve().parent.parent
DEMO_ENV = ROOT / "var" / "demo.env"
HTTP = ("https", "http")
BROKERS = ("redis", "rediss", "redis+socket")
POSTGRES = ("postgres", "postgresql")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
RATE = re.compile(r"[1-9][0-9]{0,8}/(s|sec|second|m|min|minute|h|hour|d|day)")
HOST = re.compile(r"\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9a-f:]+\]")
MAILBOX = re.compile(r"[^@]*[^@\s]@[^@\s]+")


class BadSetting(SystemExit):
    """Stops start-up with one sentence that names the variable."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"Cannot start: {name} {problem}")


def load_demo_environment() -> None:
    """Let commands work beside a running demo: read what it wrote unless a database is named."""
    named = {"DATABASE_URL", "DATABASE_URL_FILE"} & os.environ.keys()
    if named or not DEMO_ENV.is_file():
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
        return _content(f"{name}_FILE", file)
    value = os.environ.get(name) or default
    if value is None:
        raise BadSetting(name, "is not set; see docs/operations.md for what it must hold.")
    return value


def secret(name: str, *, least: int) -> str:
    """A text of at least so many characters."""
    return _parsed(name, None, partial(_as_long_as, least), f"at least {least} characters long")


def number(name: str, default: int, *, least: int = 0, most: int = 2**31 - 1) -> int:
    """A whole number from `least` to `most`."""
    wanted = f"a number from {least} to {most}"
    return _parsed(name, str(default), lambda raw: _between(least, most, int(raw)), wanted)


def flag(name: str, default: bool) -> bool:
    """true/false, yes/no, 1/0."""
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    return _parsed(name, str(default), lambda raw: words[raw.lower()], "true or false")


def choice(name: str, default: str, among: Collection[str]) -> str:
    """One of a few words."""
    return _parsed(name, default, partial(_one_of, among), f"one of {', '.join(among)}")


def hosts(name: str, default: str) -> list[str]:
    """A comma-separated list of host names, without scheme, port or path."""
    return _parsed(name, default, partial(_each, HOST), "host names such as portal.example")


def url(name: str, default: str | None = None, *, schemes: Collection[str] = HTTP) -> str:
    """An address with one of the schemes."""
    return _parsed(
        name, default, partial(_address, schemes), f"an address: {'|'.join(schemes)}://…"
    )


def urls(name: str) -> list[str]:
    """A comma-separated list of http(s) addresses, empty unless given."""
    wanted = "a comma-separated list of http(s) addresses"
    return _parsed(name, "", lambda raw: [_address(HTTP, u) for u in _listed(raw)], wanted)


def networks(name: str, default: str) -> list[IPv4Network | IPv6Network]:
    """A comma-separated list of networks, such as 10.0.0.0/8 and ::1/128."""
    wanted = "networks such as 10.0.0.0/8, without host bits"
    return _parsed(name, default, lambda raw: [ip_network(part) for part in _listed(raw)], wanted)


def rate(name: str, default: str) -> str:
    """How often: a number per second, minute, hour or day."""
    return _parsed(name, default, partial(_match, RATE), "a rate such as 3000/min")


def time_zone(name: str, default: str) -> str:
    """The name of a time zone."""
    return _parsed(name, default, lambda raw: ZoneInfo(raw).key, "a time zone: Europe/Berlin")


def mailbox(name: str, default: str) -> str:
    """An e-mail address, with or without a name before it; nothing if that is the default."""
    if not default and not text(name, ""):
        return ""
    return _parsed(name, default, partial(_match, MAILBOX), "an e-mail address")


def database(name: str, default: str | None = None) -> dict[str, object]:
    """A PostgreSQL address such as postgres://user:password@host/name."""
    wanted = "a PostgreSQL address: postgres://user:password@host/name"
    return _parsed(name, default, _postgres, wanted)


def credential_keys(name: str) -> list[tuple[str, str]]:
    """`id:key,id:key`: the first encrypts, all decrypt. Keys are Fernet keys."""
    return _parsed(name, None, _key_pairs, "like `k1:KEY,k0:KEY`, each KEY made by Fernet")


def _key_pairs(raw: str) -> list[tuple[str, str]]:
    pairs = [tuple(part.strip().split(":", 1)) for part in raw.split(",")]
    for key_id, key in pairs:
        if not key_id.isalnum():
            raise ValueError(key_id)
        Fernet(key)
    if len({key_id for key_id, _key in pairs}) < len(pairs):
        raise ValueError(raw)
    return [(key_id, key) for key_id, key in pairs]


def _content(name: str, file: str) -> str:
    try:
        content = Path(file).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(name, f"names a file that cannot be read: {file}") from error
    if not content:
        raise BadSetting(name, f"names a file that is empty: {file}")
    return content


def _listed(raw: str) -> list[str]:
    return [word.strip() for word in raw.split(",") if word.strip()]


def _as_long_as(least: int, raw: str) -> str:
    if len(raw) < least:
        raise ValueError(len(raw))
    return raw


def _one_of(among: Collection[str], raw: str) -> str:
    if raw not in among:
        raise ValueError(raw)
    return raw


def _match(pattern: re.Pattern[str], raw: str) -> str:
    if not pattern.fullmatch(raw):
        raise ValueError(raw)
    return raw


def _each(pattern: re.Pattern[str], raw: str) -> list[str]:
    return [_match(pattern, word) for word in _listed(raw)]


def _address(schemes: Collection[str], raw: str) -> str:
    parts = urlsplit(raw)
    _one_of(schemes, parts.scheme)
    if not (parts.hostname or parts.path.strip("/")) or (parts.hostname and parts.port == 0):
        raise ValueError(raw)
    return raw


def _postgres(raw: str) -> dict[str, object]:
    parsed: dict[str, object] = environ.Env.db_url_config(_address(POSTGRES, raw))
    # Calls after which a statement is prepared inside of projects.models.reading; no others are.
    options = {"prepare_threshold": 5, **parsed.get("OPTIONS", {})}  # type: ignore[dict-item]
    return {**parsed, "ENGINE": "cesai.database", "OPTIONS": options}


def _between(least: int, most: int, value: int) -> int:
    if not least <= value <= most:
        raise ValueError(value)
    return value


def _parsed(name: str, default: str | None, parse: Callable[[str], T], wanted: str) -> T:
    raw = text(name, default)
    try:
        return parse(raw)
    except (ValueError, KeyError, OSError) as error:  # of ZoneInfo, which looks for a file
        raise BadSetting(name, f"must be {wanted}.") from error

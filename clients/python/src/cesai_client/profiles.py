"""Which portal and which token: from options, the environment, or the file of profiles."""

from __future__ import annotations

import json
import os
import stat
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cesai_client.errors import BadInput, NotLoggedIn
from cesai_client.transport import checked_url

FILE_MODE = 0o600
DEFAULT = "default"
HOW = "Log in with `cesai login`, or set CESAI_URL and CESAI_TOKEN or CESAI_TOKEN_FILE."


@dataclass(frozen=True, slots=True)
class Login:
    """A portal with a token for it, which does not show in a repr."""

    url: str
    token: str = field(repr=False)
    source: str


@dataclass(frozen=True, slots=True)
class Profiles:
    """The file: log-ins under names, one of which is used when none is named."""

    logins: Mapping[str, Login]
    default: str


def config_file() -> Path:
    """Where the profiles are kept."""
    base = os.environ.get("XDG_CONFIG_HOME", "")
    home = Path(base) if base.startswith("/") else Path.home() / ".config"
    return home / "cesai" / "config.toml"


def is_open_to_others() -> bool:
    """Whether somebody else on this machine may read the file."""
    try:
        return bool(config_file().stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
    except OSError:
        return False


def read_profiles() -> Profiles:
    """What the file says; nothing if there is none. Raises BadInput."""
    path = config_file()
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Profiles({}, DEFAULT)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        # The message of the parser could quote the token.
        raise BadInput(f"{path} is no TOML; correct it, or delete it and log in again.") from None
    rows = said.get("profiles", {})
    logins = {}
    for name, row in rows.items() if isinstance(rows, dict) else ():
        if not isinstance(row, dict) or not all(
            isinstance(row.get(key), str) for key in ("url", "token")
        ):
            raise BadInput(f"{path}: profile “{name}” needs url and token, each a text.")
        logins[name] = Login(row["url"], row["token"], f"profile {name} of {path}")
    return Profiles(logins, str(said.get("default", DEFAULT)))


def write_profiles(profiles: Profiles) -> None:
    """Keep them in a file that only its owner reads, replaced as a whole."""
    path = config_file()
    lines = [f"default = {json.dumps(profiles.default)}", ""]
    for name, login in sorted(profiles.logins.items()):
        # JSON's strings are TOML's basic strings.
        lines += [f"[profiles.{json.dumps(name)}]", f"url = {json.dumps(login.url)}"]
        lines += [f"token = {json.dumps(login.token)}", ""]
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".config-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            os.fchmod(handle, FILE_MODE)
            file.write("\n".join(lines))
        Path(temporary).replace(path)
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}.") from None


def find_login(*, url: str = "", profile: str = "") -> Login:
    """Option before environment before file. Raises BadInput, NotLoggedIn.

    A token is only ever sent to the portal that it was given for: an address from elsewhere
    does not get the token of a profile with another one.
    """
    environment = os.environ
    name = profile or environment.get("CESAI_PROFILE", "")
    address = url or environment.get("CESAI_URL", "")
    wanted = checked_url(address) if address else ""
    token, source = _token_of_environment()
    if token and wanted and not profile:
        return Login(wanted, token, source)
    profiles = read_profiles()
    login = profiles.logins.get(name or profiles.default)
    if name and login is None:
        known = ", ".join(sorted(profiles.logins)) or "none"
        raise NotLoggedIn(f"There is no profile “{name}” (known: {known}). {HOW}")
    if token and not profile:
        if login is None:
            raise NotLoggedIn(f"{source} is set, but no address of a portal. {HOW}")
        return Login(checked_url(login.url), token, source)
    if login is None:
        raise NotLoggedIn(f"You are not logged in. {HOW}")
    if wanted and checked_url(login.url) != wanted:
        raise NotLoggedIn(
            f"There is no token for {wanted}. Log in there: cesai login --url {wanted}"
        )
    return Login(checked_url(login.url), login.token, login.source)


def _token_of_environment() -> tuple[str, str]:
    if token := os.environ.get("CESAI_TOKEN", "").strip():
        return token, "CESAI_TOKEN"
    path = os.environ.get("CESAI_TOKEN_FILE", "")
    if not path:
        return "", ""
    try:
        token = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise BadInput(f"CESAI_TOKEN_FILE: {path} cannot be read.") from None
    if not token:
        raise BadInput(f"CESAI_TOKEN_FILE: {path} is empty.")
    return token, "CESAI_TOKEN_FILE"

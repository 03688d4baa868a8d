"""login, logout, whoami."""

from __future__ import annotations

import sys
from typing import Any

import click

from cesai_client.cli.output import as_json, say, table, when
from cesai_client.cli.session import Session, json_option, pass_session
from cesai_client.client import Client
from cesai_client.errors import BadInput, CesaiError
from cesai_client.profiles import (
    DEFAULT,
    Login,
    Profiles,
    config_file,
    find_login,
    read_profiles,
    write_profiles,
)
from cesai_client.transport import checked_url


def add_to(cli: click.Group) -> None:
    """These commands."""
    for command in (login, logout, whoami):
        cli.add_command(command)


@click.command()
@click.option("--url", default="", help="The portal's address.")
@click.option("--name", default="", help="The profile to keep it under, if you use several.")
@click.option("--token-stdin", is_flag=True, help="Read the token from standard input.")
@pass_session
def login(session: Session, url: str, name: str, token_stdin: bool) -> None:
    """Keep a token for a portal, after trying it.

    Make the token in the portal under Settings. It is kept in ~/.config/cesai/config.toml, which
    nobody but you can read.
    """
    url = url or session.url
    if not url and token_stdin:
        raise BadInput("With --token-stdin, name the portal by --url.")
    url = checked_url(url or click.prompt("Address of the portal"))
    if token_stdin:
        token = sys.stdin.readline().strip()
    else:
        token = click.prompt("Token (it is not shown)", hide_input=True).strip()
    if not token:
        raise BadInput("There is no token on standard input.")
    with Client(url, token) as client:
        found = _whose(client, token)
    name = name or session.profile or DEFAULT
    known = read_profiles()
    logins = {**known.logins, name: Login(url, token, "")}
    write_profiles(Profiles(logins, known.default if known.default in known.logins else name))
    say(f"Logged in to {url} as {found['username']}; kept in {config_file()}.")


@click.command()
@click.option("--revoke", is_flag=True, help="Also end the token in the portal.")
@pass_session
def logout(session: Session, revoke: bool) -> None:
    """Forget the token of a profile."""
    known = read_profiles()
    name = session.profile or known.default
    login = known.logins.get(name)
    if login is None:
        raise BadInput(f"There is no profile “{name}”; nothing to forget.")
    if revoke:
        with Client(login.url, login.token) as client:
            client.tokens.revoke(_whose(client, login.token)["id"])
    rest = {other: row for other, row in known.logins.items() if other != name}
    write_profiles(Profiles(rest, next(iter(sorted(rest)), DEFAULT)))
    say(f"Logged out of {login.url}." + ("" if revoke else " The token itself is still valid."))


@click.command()
@json_option
@pass_session
def whoami(session: Session, is_json: bool) -> None:
    """Who you are here: name, token, groups and roles."""
    found = find_login(url=session.url, profile=session.profile)
    client = session.client
    token = _whose(client, found.token)
    own = [row for row in client.memberships.list() if row["username"] == token["username"]]
    said: dict[str, Any] = {
        "username": token["username"],
        "url": client.url,
        "token": {key: token[key] for key in ("name", "scope", "expires_at")},
        "groups": [_place(client, row["group"], row["role"]) for row in own],
    }
    if is_json:
        as_json(said)
        return
    click.echo(f"{said['username']} at {client.url}")
    scope = {"read": "read only", "write": "read and write"}.get(token["scope"], token["scope"])
    click.echo(f"Token “{token['name']}”: {scope}, until {when(token['expires_at'])} UTC")
    if said["groups"]:
        rows = [(row["group"], row["name"], row["role"]) for row in said["groups"]]
        table(("GROUP", "NAME", "ROLE"), rows)


def _place(client: Client, key: str, role: str) -> dict[str, str]:
    """A group that the caller belongs to, with the role there."""
    group = client.groups.get(key)
    name = f"{group['partner_slug']}/{group['slug']}"
    return {"id": key, "group": name, "name": group["name"], "role": role}


def _whose(client: Client, token: str) -> Any:
    """The token's own row: it begins as the token does. Raises CesaiError."""
    for row in client.tokens.list():
        if token.startswith(row["prefix"]):
            return row
    raise CesaiError("The portal takes the token and does not list it; tell its administrators.")

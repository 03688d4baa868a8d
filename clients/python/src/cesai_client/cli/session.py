"""What every command has: the log-in, and names of what is known by an id."""

from __future__ import annotations

import logging
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import click

from cesai_client.cli.output import say
from cesai_client.client import Client
from cesai_client.errors import BadInput, NotThere
from cesai_client.profiles import config_file, find_login, is_open_to_others

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class Session:
    """The options in front of the command, and the client they lead to."""

    url: str = ""
    profile: str = ""
    verbose: bool = False
    _names: dict[tuple[str, str], str] = field(default_factory=dict)

    @cached_property
    def client(self) -> Client:
        """Logged in. Raises NotLoggedIn, BadInput."""
        if is_open_to_others():
            say(f"Others on this machine can read your token: chmod 600 {config_file()}")
        login = find_login(url=self.url, profile=self.profile)
        if self.verbose:
            say(f"{login.url} with the token of {login.source}")
        return Client(login.url, login.token)

    def name_of(self, noun: str, key: str | None, field: str) -> str:
        """What people call a thing that is known by its id; the id where it may not be seen."""
        if not key:
            return ""
        if (noun, key) not in self._names:
            try:
                self._names[noun, key] = str(getattr(self.client, noun).get(key)[field])
            except NotThere:
                self._names[noun, key] = key
        return self._names[noun, key]

    def project_id(self, text: str) -> str:
        """A project's id from its slug or id."""
        return text if is_id(text) else self.client.projects.get(text)["id"]

    def group_id(self, text: str) -> str:
        """A group's id from its slug, `partner/slug` or id."""
        if is_id(text):
            return text
        partner, _, slug = text.rpartition("/")
        asked: dict[str, Any] = {"slug": slug, **({"partner__slug": partner} if partner else {})}
        found = list(self.client.groups.rows(**asked))
        if len(found) != 1:
            names = ", ".join(f"{row['partner_slug']}/{row['slug']}" for row in found) or "none"
            raise BadInput(f"“{text}” names {len(found)} groups ({names}); write PARTNER/GROUP.")
        return found[0]["id"]

    def model_id(self, text: str) -> str:
        """A model's id from its qualified name, a name that only one model has, or its id."""
        if is_id(text):
            return text
        rows = list(self.client.models.rows(qualified=text))
        rows = rows or list(self.client.models.rows(name=text))
        if len(rows) != 1:
            names = ", ".join(row["qualified"] for row in rows[:5]) or "none"
            raise BadInput(f"“{text}” names {len(rows)} models ({names}); write the whole name.")
        return rows[0]["id"]

    def job_id(self, text: str) -> str:
        """A job's id from its id or from its number on the cluster."""
        if is_id(text):
            return text
        if not text.isascii() or not text.isdigit():
            raise BadInput(f"“{text}” is no job: give its id, or its number on the cluster.")
        found = list(self.client.jobs.list(slurm_job_id=int(text)))
        if len(found) != 1:
            ids = ", ".join(f"{row['id']} ({row['cluster']})" for row in found) or "none"
            raise BadInput(f"{len(found)} of your jobs have the number {text}: {ids}.")
        return found[0]["id"]


def is_id(text: str) -> bool:
    """Whether it is a UUID as the portal writes them."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def json_option(command: F) -> F:
    """`--json` on every command that shows something."""
    return click.option("--json", "is_json", is_flag=True, help="For programs.")(command)


def tell_calls() -> None:
    """Each call on standard error: its address, status and time, and never the token."""
    logger = logging.getLogger("cesai_client")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)


pass_session = click.make_pass_decorator(Session, ensure=True)

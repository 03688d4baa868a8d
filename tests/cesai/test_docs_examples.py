"""Each command in docs/api.md and on the API's page is a call that succeeds as it stands there."""

from __future__ import annotations

import html
import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from cesai.examples import EXAMPLES, filled, made_up
from cesai.pages.docs import curl
from projects.models import Group
from tests import make
from tests.conftest import Caller, new_client

DOCS = Path(settings.BASE_DIR) / "docs" / "api.md"
BODIES: dict[str, Any] = yaml.safe_load(EXAMPLES.read_text())


@dataclass
class Curl:
    """What a command line for curl says."""

    method: str = "GET"
    address: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None


def read(command: str) -> Curl:
    """Raises AssertionError for a word that is none of curl's that we use."""
    found, words = Curl(), iter(shlex.split(command.replace("\\\n", " "))[1:])
    for word in words:
        if word == "-X":
            found.method = next(words)
        elif word == "-H":
            name, _colon, value = next(words).partition(": ")
            found.headers[name] = value
        elif word == "--data-binary":
            found.body = next(words)
        elif word == "-d":
            found.body = json.loads(next(words))
        else:
            assert word.startswith("$CESAI/"), command
            found.address = word.replace("$CESAI", "/api/v1")
    return found


def _commands(text: str) -> list[str]:
    """Every call of curl, over all its lines."""
    whole = text.replace("\\\n", "\0")
    lines = [line.replace("\0", "\\\n") for line in whole.splitlines()]
    return [line for line in lines if line.startswith("curl ")]


def _in_docs() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", DOCS.read_text(), re.S)
    return [command for block in blocks for command in _commands(block)]


def _on_page(language: str = "en") -> list[str]:
    answer = new_client().get("/api/v1/docs/", headers={"Accept-Language": language})
    blocks = re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", answer.content.decode(), re.S)
    return [html.unescape(block) for block in blocks]


def _call(caller: Caller, said: Curl) -> Any:
    assert said.headers.pop("Authorization") == "Bearer $CESAI_TOKEN"
    said.headers.pop("Content-Type", None)
    if "Idempotency-Key" in said.headers:
        assert said.headers.pop("Idempotency-Key") == "$(uuidgen)"
    if said.method == "GET":
        return caller.get(said.address, **said.headers)
    return getattr(caller, said.method.lower())(said.address, said.body)


@pytest.mark.parametrize("command", _in_docs())
def test_a_command_of_the_documentation_succeeds(lead: Caller, command: str) -> None:
    answer = _call(lead, read(command))
    assert answer.status_code in {200, 201}, command


@pytest.mark.django_db
def test_the_commands_that_the_page_begins_with_succeed(lead: Caller) -> None:
    general = [block for block in _on_page() if "Authorization" in block and "-X" not in block]
    commands = [command for block in general for command in _commands(block)]
    commands += [block for block in _on_page() if block.startswith("curl -X POST $CESAI/watches/")]
    assert len(commands) >= 6
    for command in commands:
        assert _call(lead, read(command)).status_code in {200, 201}, command


@pytest.mark.django_db
def test_the_page_shows_each_call_with_the_body_that_is_tested() -> None:
    shown = {}
    for block in _on_page():
        if block.startswith("curl -X"):
            said = read(block)
            shown[f"{said.method} {said.address}"] = said.body
    for call, body in BODIES.items():
        if call != "POST /api/v1/watches/":  # shown twice
            assert shown[call] == filled(body, made_up), call


@pytest.mark.django_db
def test_the_refusal_that_the_page_shows_is_one(lead: Caller, group: Group) -> None:
    [shown] = [json.loads(block) for block in _on_page() if block.startswith("{")]
    body = {"name": "x", "group": str(group.pk), "langages": ["de"]}
    assert lead.post("models/", body).json() == shown


@pytest.mark.django_db
def test_the_page_shows_the_same_commands_in_german() -> None:
    assert _on_page("de") == _on_page("en")


def test_a_quote_in_a_body_does_not_end_the_command() -> None:
    body = {"text": 'it\'s "so" — $HOME'}
    said = read(curl("post", "/api/v1/watches/", body, True))
    assert said.body == body
    assert said.headers["Idempotency-Key"] == "$(uuidgen)"


def test_a_call_that_takes_no_key_shows_none() -> None:
    assert "Idempotency-Key" not in read(curl("post", "/api/v1/tokens/", {}, False)).headers


def test_the_documentation_names_every_header_that_answers_have(lead: Caller) -> None:
    said = DOCS.read_text()
    answer = lead.get("groups/")
    for name in ("ETag", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"):
        assert name in answer.headers
        assert name in said


def test_ids_of_examples_are_nobodys(lead: Caller) -> None:
    assert lead.get(f"groups/{made_up('group')}/").status_code == 404
    assert make.key() != made_up("group")

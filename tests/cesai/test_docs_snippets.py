"""Programs and settings that the documentation shows: each does what the text around it says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cesai.providers import log_in_providers
from dev import places
from projects.models import Project
from tests import make
from tests.conftest import Caller
from tests.projects.hooks import go, happen, make_hook
from tests.receivers import Receiver

DOCS = places.ROOT / "docs"


def _blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of a page in one language."""
    found = re.findall(
        rf"^( *)```{language}\n(.*?)^ *```$", (DOCS / page).read_text(), re.M | re.S
    )
    return [textwrap.dedent(text) for _indent, text in found]


@pytest.fixture
def is_genuine() -> Callable[..., bool]:
    """The function that receivers copy."""
    [text] = _blocks("webhooks.md", "python")
    names: dict[str, Any] = {}
    exec(compile(text, "docs/webhooks.md", "exec"), names)
    function: Callable[..., bool] = names["is_genuine"]
    return function


def test_the_shown_check_takes_a_real_delivery_and_no_other(
    is_genuine: Callable[..., bool], there: Receiver, lead: Caller, project: Project
) -> None:
    hook = make_hook(lead.user, there.url, kinds=["award"])
    happen(project, "award")
    go(hook)
    [call] = there.calls
    secret = hook.__dict__["told"]

    assert is_genuine(secret, call.headers, call.body)
    assert not is_genuine(secret, call.headers, call.body + b" ")
    assert not is_genuine("whsec_" + "A" * 43 + "=", call.headers, call.body)
    assert not is_genuine(secret, {**call.headers, "webhook-timestamp": "1"}, call.body)


def test_the_shown_webhook_can_be_made(lead: Caller) -> None:
    body, _delivery = _blocks("webhooks.md", "json")
    answer = lead.post("webhooks/", json.loads(body))

    assert answer.status_code == 201
    assert answer.json()["kinds"] == json.loads(body)["kinds"]


def test_a_delivery_has_the_fields_that_are_shown(
    there: Receiver, lead: Caller, project: Project
) -> None:
    _body, text = _blocks("webhooks.md", "json")
    hook = make_hook(lead.user, there.url, kinds=["award"])
    happen(project, "award")
    go(hook)

    shown = json.loads(text)
    [call] = there.calls
    assert call.json.keys() == shown.keys()
    assert call.json["data"].keys() == {*shown["data"], "url", "at"}


def test_the_shown_reading_of_the_feed_goes_on_behind_the_last(
    live_server: Any, tmp_path: Path
) -> None:
    project = make.make_project()
    first, second = happen(project, "award", "appeal")
    [command] = _blocks("webhooks.md", "sh")
    told = subprocess.run(
        ["sh", "-c", command.replace("curl ", "curl --silent --show-error --fail ")],
        env={
            "PATH": os.environ["PATH"],
            "CESAI_URL": str(live_server.url),
            "CESAI_TOKEN": make.make_token(project.created_by),
            "LAST": str(first.id),
        },
        check=True,
        capture_output=True,
    )

    rows = json.loads(told.stdout)["results"]
    assert rows[0]["id"] == str(second.id)


def test_the_shown_check_takes_a_real_certificate_and_no_other(
    member: Caller, project: Project, tmp_path: Path
) -> None:
    [text] = _blocks("registry.md", "python")
    paper = member.get(f"models/{make.make_model(project).pk}/certificate/").json()

    def run(certificate: dict[str, Any]) -> int:
        (tmp_path / "certificate.json").write_text(json.dumps(certificate))
        command = [sys.executable, "-c", text]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode

    assert run(paper) == 0
    assert run({**paper, "name": "another"}) != 0


def test_the_shown_log_in_provider_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    [text] = _blocks("operations.md", "json")
    monkeypatch.setenv("CESAI_LOG_IN_PROVIDERS", text)
    [provider] = log_in_providers("CESAI_LOG_IN_PROVIDERS")

    assert provider.id == "helmholtz"

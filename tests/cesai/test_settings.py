"""Start-up: a bad or missing value stops it with one sentence that names the variable."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cesai import env
from projects.entitlements import Source

KEY = "KKhld4ka6YnkAh_srd_wBGoDsL09jv6t7weN9ocyRWo="
GOOD = {
    "CESAI_SECRET_KEY": "a key that is long enough for everything here",
    "CESAI_CREDENTIAL_KEYS": f"k1:{KEY}",
    "DATABASE_URL": "postgres://cesai_app@/cesai?host=/run/postgresql",
    "BROKER_URL": "redis://127.0.0.1/0",
}


def _provider(**values: Any) -> str:
    """One log-in provider, as the setting has it."""
    good = {
        "id": "first",
        "name": "First",
        "issuer": "https://login.example",
        "client_id": "cesai",
    }
    return json.dumps([{**good, **values}])


BAD = [
    ("CESAI_SECRET_KEY", "short"),
    ("CESAI_CREDENTIAL_KEYS", "k1"),
    ("CESAI_CREDENTIAL_KEYS", "k1:short"),
    ("CESAI_CREDENTIAL_KEYS", f":{KEY}"),
    ("CESAI_CREDENTIAL_KEYS", f"k1:{KEY},"),
    ("CESAI_CREDENTIAL_KEYS", f"k1:{KEY},k1:{KEY}"),
    ("DATABASE_URL", "sqlite:///x"),
    ("DATABASE_URL", "cesai"),
    ("DATABASE_URL", "postgres://"),
    ("DATABASE_URL", "postgres://[x/cesai"),
    ("DATABASE_URL", "postgres://host:port/cesai"),
    ("CESAI_MIGRATE_DATABASE_URL", "mysql://x/y"),
    ("BROKER_URL", "localhost"),
    ("BROKER_URL", "http://localhost"),
    ("BROKER_URL", "redis://"),
    ("CESAI_BASE_URL", "portal.example"),
    ("CESAI_BASE_URL", "ftp://portal.example"),
    ("CESAI_BASE_URL", "https://portal.example:port"),
    ("CESAI_ALLOWED_HOSTS", "https://portal.example"),
    ("CESAI_ALLOWED_HOSTS", "portal.example,a b"),
    ("CESAI_ALLOWED_HOSTS", "*"),
    ("CESAI_CLUSTER_URLS", "north.example:6820"),
    ("CESAI_CLUSTER_URLS", "https://north.example, south"),
    ("CESAI_DEMO", "perhaps"),
    ("CESAI_DEBUG", "2"),
    ("CESAI_MAX_SCRIPT_BYTES", "1MB"),
    ("CESAI_MAX_SCRIPT_BYTES", "0"),
    ("CESAI_RESEND_AFTER_SECONDS", "-1"),
    ("CESAI_INVITATION_DAYS", "1.5"),
    ("CESAI_INVITATION_DAYS", "99999999999"),
    ("CESAI_TOKEN_DAYS", "0"),
    ("CESAI_TOKEN_DAYS", "366"),
    ("CESAI_TOKEN_RATE", "fast"),
    ("CESAI_TOKEN_RATE", "10/fortnight"),
    ("CESAI_TOKEN_RATE", "0/min"),
    ("CESAI_METRICS_ALLOW", "everybody"),
    ("CESAI_METRICS_ALLOW", "10.0.0.1/8"),
    ("CESAI_TIME_ZONE", "Mars/Olympus"),
    ("CESAI_TIME_ZONE", "../../etc/passwd"),
    ("CESAI_TIME_ZONE", "Europe"),
    ("CESAI_LOG_LEVEL", "LOUD"),
    ("CESAI_FROM_EMAIL", "portal"),
    ("CESAI_FEDERATED_DAYS", "0"),
    ("CESAI_SECOND_FACTOR", "sometimes"),
    ("CESAI_LOG_IN_PROVIDERS", "helmholtz"),
    ("CESAI_LOG_IN_PROVIDERS", "{}"),
    ("CESAI_LOG_IN_PROVIDERS", "[1]"),
    ("CESAI_LOG_IN_PROVIDERS", '[{"id": "x"}]'),
    ("CESAI_LOG_IN_PROVIDERS", _provider(id="Not A Slug")),
    ("CESAI_LOG_IN_PROVIDERS", _provider(issuer="http://login.example")),
    ("CESAI_LOG_IN_PROVIDERS", _provider(issuer="login.example")),
    ("CESAI_LOG_IN_PROVIDERS", _provider(scope=["email"])),
    ("CESAI_LOG_IN_PROVIDERS", _provider(colour="red")),
    ("CESAI_LOG_IN_PROVIDERS", _provider(entitlements=[{"namespace": "urn:geant:x"}])),
    (
        "CESAI_LOG_IN_PROVIDERS",
        _provider(entitlements=[{"namespace": "helmholtz", "authority": "login.example"}]),
    ),
    ("CESAI_LOG_IN_PROVIDERS", f"[{_provider()[1:-1]}, {_provider()[1:-1]}]"),
]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but what a start needs."""
    for name in os.environ:
        if name.startswith("CESAI_"):
            monkeypatch.delenv(name)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)


def _start() -> dict[str, Any]:
    return runpy.run_path(str(env.ROOT / "cesai" / "settings.py"))


def test_four_values_are_enough() -> None:
    settings = _start()

    assert settings["SECRET_KEY"] == GOOD["CESAI_SECRET_KEY"]
    assert (settings["DEBUG"], settings["DEMO"]) == (False, False)


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_value_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str | None
) -> None:
    monkeypatch.setattr(env, "DEMO_ENV", tmp_path / "none")
    monkeypatch.delenv(name)
    if value is not None:
        monkeypatch.setenv(name, value)

    with pytest.raises(SystemExit, match=rf"\ACannot start: {name} is not set[^\n]*\.\Z"):
        _start()


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_value_is_named_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SystemExit, match=rf"\ACannot start: {name} must be [^\n]+\.\Z"):
        _start()


def test_a_bad_secret_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://cesai:canary@host/cesai")

    with pytest.raises(SystemExit) as stopped:
        _start()

    assert "canary" not in str(stopped.value)


def test_a_secret_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{'k' * 40}\n")
    monkeypatch.delenv("CESAI_SECRET_KEY")
    monkeypatch.setenv("CESAI_SECRET_KEY_FILE", str(tmp_path / "key"))

    assert _start()["SECRET_KEY"] == "k" * 40


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv("DATABASE_URL_FILE", str(file))

    with pytest.raises(SystemExit, match=r"\ACannot start: DATABASE_URL_FILE names a file that"):
        _start()


def test_https_turns_on_what_browsers_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CESAI_BASE_URL", "https://portal.example/")

    settings = _start()

    assert settings["SESSION_COOKIE_SECURE"]
    assert settings["CSRF_COOKIE_SECURE"]
    assert settings["SECURE_HSTS_SECONDS"] >= 31536000


def test_commands_find_the_running_demo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    demo = tmp_path / "demo.env"
    demo.write_text("# made by the demo\nDATABASE_URL=postgres:///demo\nCESAI_DEMO=true\n")
    monkeypatch.setattr(env, "DEMO_ENV", demo)
    monkeypatch.delenv("DATABASE_URL")

    settings = _start()

    assert (settings["DATABASE_URL"], settings["DEMO"]) == ("postgres:///demo", True)
    for name in ("DATABASE_URL", "CESAI_DEMO"):  # it wrote them into the environment itself
        os.environ.pop(name)


def test_a_named_database_is_not_the_demos(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "demo.env").write_text("CESAI_DEMO=true\n")
    monkeypatch.setattr(env, "DEMO_ENV", tmp_path / "demo.env")

    assert not _start()["DEMO"]


def test_a_stranger_at_the_console_sees_one_line_and_no_trace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CESAI_DEMO", "perhaps")

    done = subprocess.run(
        [sys.executable, "-c", "import cesai.settings"],
        cwd=env.ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 1
    assert done.stderr == "Cannot start: CESAI_DEMO must be true or false.\n"


def test_a_log_in_provider_is_read_with_what_it_may_speak_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = {"namespace": "URN:Geant:helmholtz.example", "authority": "Login.Example"}
    monkeypatch.setenv("CESAI_LOG_IN_PROVIDERS", _provider(entitlements=[source]))
    [found] = _start()["LOG_IN_PROVIDERS"]
    assert found.sources == (Source("urn:geant:helmholtz.example", "login.example"),)
    assert found.scope == ("openid", "profile", "email")


def test_a_second_factor_is_asked_for_except_in_the_demonstration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert _start()["SECOND_FACTOR"] is True
    monkeypatch.setenv("CESAI_DEMO", "true")
    assert _start()["SECOND_FACTOR"] is False

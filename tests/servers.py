"""Starts the real PostgreSQL and Redis of the tests, before Django reads its settings."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from dev.broker import Broker
from dev.postgres import Postgres

_started: list[Postgres | Broker] = []
_directories: list[Path] = []


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Workers inherit the environment, so only the first process starts anything."""
    os.environ.setdefault("CESAI_SECRET_KEY", "a key for the tests only, long enough for Django")
    os.environ.setdefault("CESAI_CREDENTIAL_KEYS", f"k1:{Fernet.generate_key().decode()}")
    os.environ["CESAI_ALLOWED_HOSTS"] = "testserver,127.0.0.1,localhost"
    os.environ["CESAI_TOKEN_RATE"] = "1000000/min"
    os.environ.setdefault("CESAI_SECOND_FACTOR", "false")  # its own tests turn it on
    os.environ.setdefault("CESAI_LOG_LEVEL", "WARNING")
    if "CESAI_TEST_SERVERS" in os.environ:
        return
    os.environ["CESAI_TEST_SERVERS"] = "started"
    directory = Path(tempfile.mkdtemp(prefix="cesai-t-", dir="/var/tmp"))
    directory.chmod(0o755)
    _directories.append(directory)
    atexit.register(pytest_unconfigure)  # pytest itself does not ask when Django cannot start
    if "DATABASE_URL" not in os.environ:
        postgres = Postgres(directory / "pg", "nobody", for_tests=True)
        _started.append(postgres)
        postgres.start()
        postgres.prepare("cesai")
        os.environ["DATABASE_URL"] = postgres.dsn("cesai_owner", "cesai")
    broker = Broker(directory / "redis", "nobody")
    _started.append(broker)
    broker.start()
    os.environ["BROKER_URL"] = broker.url


def pytest_unconfigure() -> None:
    """Stop by the recorded pids what this process started."""
    while _started:
        _started.pop().stop()
    while _directories:
        shutil.rmtree(_directories.pop(), ignore_errors=True)

"""PostgreSQL and Redis for the benchmarks, with durable commits as in production."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev import nowhere
from dev.broker import Broker
from dev.postgres import Postgres


@contextmanager
def servers() -> Iterator[Postgres]:
    """The environment points to them inside the block; they are stopped and removed after it."""
    directory = Path(tempfile.mkdtemp(prefix="cesai-b-", dir="/var/tmp"))
    directory.chmod(0o755)
    postgres, broker = Postgres(directory / "pg", "nobody"), Broker(directory / "redis", "nobody")
    try:
        postgres.start()
        postgres.prepare("cesai")
        broker.start()
        os.environ.update(nowhere.SETTINGS)
        os.environ.update(
            DATABASE_URL=postgres.dsn("cesai_app", "cesai"),
            CESAI_MIGRATE_DATABASE_URL=postgres.dsn("cesai_owner", "cesai"),
            BROKER_URL=broker.url,
            CESAI_BASE_URL="http://127.0.0.1",
            CESAI_ALLOWED_HOSTS="127.0.0.1",
            CESAI_LOG_LEVEL="ERROR",
            CESAI_SECOND_FACTOR="false",
        )
        yield postgres
    finally:
        broker.stop()
        postgres.stop()
        shutil.rmtree(directory, ignore_errors=True)

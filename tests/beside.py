"""The environment of a process that works beside a test, on the test's own database."""

from __future__ import annotations

import os

from django.db import connection


def environment(**values: str) -> dict[str, str]:
    """For a test of `transactional_db`: others see only what is committed."""
    known = connection.settings_dict
    host = known["HOST"] or known["OPTIONS"]["host"]
    url = f"postgres://{known['USER']}@/{known['NAME']}?host={host}"
    return {**os.environ, "DATABASE_URL": url, **values}

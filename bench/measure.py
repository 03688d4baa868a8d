"""Timing and telling: percentiles in milliseconds, one JSON line per benchmark."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import psycopg


def timed(call: Callable[[], Any]) -> float:
    """How long a call takes, in milliseconds."""
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share of the values lies (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def tell(name: str, **figures: Any) -> None:
    """Print one line; numbers to three significant places are enough."""
    rounded = {
        key: round(value, 2) if isinstance(value, float) else value
        for key, value in figures.items()
    }
    print(json.dumps({"bench": name, **rounded}), flush=True)


def insert_partner(connection: psycopg.Connection) -> None:
    """One plain row, as a reference for what writing costs."""
    connection.execute(
        "INSERT INTO projects_partner (id, name, slug, ror, sector, country, city,"
        " public_record, created_at) VALUES (%s, %s, %s, '', 'research', '', '', '{}', now())",
        [uuid.uuid4(), uuid.uuid4().hex, uuid.uuid4().hex],
    )

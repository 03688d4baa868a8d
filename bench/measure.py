"""Timing and telling: percentiles in milliseconds, one JSON line per benchmark."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import Any


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

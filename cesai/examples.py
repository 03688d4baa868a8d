"""Bodies that show how a call is made; each of them is really sent by a test."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import yaml

EXAMPLES = Path(__file__).with_name("examples.yaml")
SLOT = re.compile(r"\{(\w+)\}\Z")
# What is no id.
MADE_UP = {
    "secret": "OUukqzkyPtqDOM6SJWtyO_bQ5IZxQpk80rOSolWu6zE",
    "site_token": "eyJhbGciOiJIUzI1NiJ9.eyJzdW4iOiJjZXNhaS1vdXJzIn0.…",
    "sha256": hashlib.sha256(b"").hexdigest(),
    "usage_table": "account,job,start,end,gpu_hours\n"
    "cesai-ours,1234,2026-11-30T10:00:00,2026-11-30T12:00:00,2\n",
}


def example(method: str, path: str) -> Any:
    """The body of a call as the description shows it; None of a call that takes none."""
    return filled(_all().get(f"{method.upper()} {path}"), made_up)


def filled(body: Any, known: Callable[[str], str]) -> Any:
    """With what is known instead of each slot."""
    if isinstance(body, dict):
        return {name: filled(value, known) for name, value in body.items()}
    if isinstance(body, list):
        return [filled(value, known) for value in body]
    slot = SLOT.match(body) if isinstance(body, str) else None
    return known(slot[1]) if slot else body


def made_up(slot: str) -> str:
    """The same id for the same thing in all examples."""
    return MADE_UP.get(slot) or str(uuid5(NAMESPACE_OID, f"cesai {slot}"))


@cache
def _all() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(EXAMPLES.read_text())
    return read

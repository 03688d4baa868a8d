"""Runs a campaign in a process and with a portal of its own, and reads the line it prints."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from tests.faults.checker import Verdict


def outcome_of(
    campaign: str, *options: str, prefix: Sequence[str] = (), package: str = "tests.faults"
) -> dict[str, Any]:
    """What `python -m tests.faults.<campaign>` prints at its end."""
    command = [*prefix, sys.executable, "-m", f"{package}.{campaign}", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def assert_each_ran_once(found: dict[str, Any]) -> None:
    """Nothing twice, nothing lost, nothing open, and no held job lies about."""
    assert Verdict(**found["verdict"]).is_clean, found["verdict"]
    assert found["strays"] == 0


def assert_books_agree(found: dict[str, Any]) -> None:
    """Clusters, usage records and ledger tell the same, and nothing is reserved any more."""
    books = found["books"]
    assert books["accounted"] == books["recorded"] == books["booked"]
    assert books["reserved"] == 0

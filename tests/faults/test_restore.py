"""Backup, 200 submissions that run, restore: nothing runs again, and nothing accepted is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest


@pytest.mark.skipif(os.geteuid() != 0, reason="runs PostgreSQL as another user")
def test_after_a_restore_nothing_runs_again_and_all_of_the_backup_runs_once() -> None:
    command = [sys.executable, "-m", "tests.faults.restoring", "--before", "40", "--after", "200"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=400)
    assert answer.returncode == 0, answer.stderr[-3000:]
    found = json.loads(answer.stdout.splitlines()[-1])
    assert found["accepted_after_backup"] == 200
    assert found["unsent_at_backup"] == 20
    assert found["restored_as_backed_up"]
    assert found["started_while_stopped"] == 0
    assert found["found_again"] == 20
    assert found["orphans"] == 200
    assert found["verdict"] == {"twice": [], "lost": [], "open": [], "ghosts": [], "denied": []}
    assert found["started_after_enabling"] == 1  # the one that was submitted after the restore
    assert found["books"]["reserved"] == 0
    assert found["books"]["booked"] == found["books"]["accounted"]

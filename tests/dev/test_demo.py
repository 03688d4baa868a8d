"""The demonstration says in one sentence why it cannot start."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys

from dev import places


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dev.demo", *arguments],
        cwd=places.ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_taken_port_is_one_sentence_and_exit_code_one() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):  # taken already is as good
            other.bind(("127.0.0.1", 8000))
            other.listen()
        answer = demo("start")
    assert answer.returncode == 1
    assert "Traceback" not in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1


def test_an_unknown_command_is_refused() -> None:
    assert demo("explode").returncode == 2

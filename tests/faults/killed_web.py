"""The portal's web of which one process is killed at a named point of a call, when it is told so.

Gunicorn runs it as any other application and starts another process in the killed one's place.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from cesai.wsgi import application as portal
from tests.faults.points import WEB_POINTS, Executioner


class Orders(Executioner):
    """A file names the point, and how often it is passed before; who carries it out removes it."""

    def __init__(self, file: Path) -> None:
        super().__init__(Path(os.devnull), 0, rare=0, stops=0)
        self._file = file

    def _pass(self, name: str) -> None:
        if not self._file.exists():
            return
        point, left = self._file.read_text().splitlines()
        if point != name:
            return
        if int(left):
            self._file.write_text(f"{point}\n{int(left) - 1}\n")
            return
        with suppress(FileNotFoundError):  # another process was first
            self._file.unlink()
            os.kill(os.getpid(), signal.SIGKILL)


def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """The portal, whose answers say which process gave them."""

    def begin(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
        return start(status, [*headers, ("X-Process", str(os.getpid()))], *more)

    return portal(environ, begin)


Orders(Path(os.environ["KILL_ORDERS"])).install(WEB_POINTS)

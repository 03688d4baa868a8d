"""Free TCP ports on loopback, remembered so that a restart keeps its addresses."""

from __future__ import annotations

import json
import secrets
import socket
from pathlib import Path

# Below the range from which the kernel takes the ports of outgoing connections.
FIRST, LAST = 21000, 31000


class Ports:
    """Ports by name, kept in one JSON file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._known: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}

    def __getitem__(self, name: str) -> int:
        """The port of that name; chosen anew if there is none yet."""
        if name not in self._known:
            self._known[name] = _free_port(set(self._known.values()))
            self.file.write_text(json.dumps(self._known))
        return self._known[name]


def is_free(port: int) -> bool:
    """Whether nothing listens on the port on any address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True


def _free_port(taken: set[int]) -> int:
    while True:
        port = FIRST + secrets.randbelow(LAST - FIRST)
        if port not in taken and is_free(port):
            return port

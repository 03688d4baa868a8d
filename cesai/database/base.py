"""Django's connection to PostgreSQL; the name of this module is one that Django looks for."""

from __future__ import annotations

import select
import time
from typing import Any

from django.db.backends.postgresql import base
from psycopg.pq import ConnStatus

SURE_FOR = 30.0  # seconds


class DatabaseWrapper(base.DatabaseWrapper):
    """Looks at the socket before it sends `SELECT 1` at the begin of each call.

    Nothing comes unasked over a connection at rest but its end. So one with nothing to read is
    taken for good, as libraries for HTTP take theirs. What goes without a word (a firewall that
    forgets, a host that vanishes) is found by the question, which is still asked now and then,
    and always after an error.
    """

    _asked_at = float("-inf")

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection, of which there is no doubt for a while."""
        made = super().get_new_connection(conn_params)
        self._asked_at = time.monotonic()
        return made

    def is_usable(self) -> bool:
        """Whether a statement would be answered."""
        now = time.monotonic()
        is_sure = now - self._asked_at < SURE_FOR and not self.errors_occurred
        if is_sure and self._is_quiet():
            return True
        self._asked_at = now
        return super().is_usable()

    def _is_quiet(self) -> bool:
        link = self.connection.pgconn
        if link.status != ConnStatus.OK:
            return False
        looker = select.poll()  # unlike select.select, it takes any number of open files
        looker.register(link.socket, select.POLLIN)
        return not looker.poll(0)

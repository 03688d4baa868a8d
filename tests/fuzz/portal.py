"""The portal's own WSGI application in this process: every call counted, every fault kept."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from typing import Any

from django.core.signals import got_request_exception, request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import IntegrityError, close_old_connections, connection, transaction


class Portal:
    """Answers each call as one transaction does, so that a fault leaves nothing behind."""

    def __init__(self) -> None:
        self.application = get_wsgi_application()
        self.calls = 0
        self.fault = ""

    def __enter__(self) -> Portal:
        got_request_exception.connect(self._keep)
        return self

    def __exit__(self, *_: object) -> None:
        got_request_exception.disconnect(self._keep)
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        for signal in (request_started, request_finished):
            # The test's own transaction is open. Django's client connects it again at each use.
            signal.disconnect(close_old_connections)
        self.calls += 1
        self.fault = ""
        statuses: list[int] = []

        def begin(status: str, headers: Any, *more: Any) -> Any:
            statuses.append(int(status[:3]))
            return start(status, headers, *more)

        try:
            with transaction.atomic():
                answer: Iterable[bytes] = self.application(environ, begin)
                if statuses[0] >= 500:
                    transaction.set_rollback(True)
                elif environ["REQUEST_METHOD"] != "GET":
                    connection.check_constraints()  # the test never comes to a commit
        except IntegrityError:
            self.fault = traceback.format_exc(limit=-8)
        return answer

    def _keep(self, **_: Any) -> None:
        self.fault = traceback.format_exc(limit=-8)

"""Rings the background workers, by name, after the transaction; rows are the truth."""

from __future__ import annotations

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)


def ring(task: str, *args: str) -> None:
    """Send a task once the running transaction has committed.

    A bell that nobody hears loses nothing: the timetable finds the row.
    """
    transaction.on_commit(lambda: _send(task, args))


def _send(task: str, args: tuple[str, ...]) -> None:
    try:
        current_app.send_task(task, args=args, retry=False, ignore_result=True, expires=60)
    except OperationalError as error:
        log.warning("doorbell_not_heard", task=task, error=str(error))

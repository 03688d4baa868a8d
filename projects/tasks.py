"""The background work for people: their notices by e-mail."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from projects.actions import mailing


@shared_task(name="projects.mail_notices", ignore_result=True)
def mail_notices() -> int:
    """What waits to be mailed at once, and the digests that are due."""
    return mailing.mail_notices(now=timezone.now())

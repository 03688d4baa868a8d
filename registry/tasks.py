"""The registry's background work: reminding groups of plans that grew old."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from registry.actions.reminders import remind_of_stale_plans


@shared_task(name="registry.remind", ignore_result=True)
def remind() -> int:
    """One mail to each group with plans that nobody confirmed for a while."""
    return remind_of_stale_plans(now=timezone.now())

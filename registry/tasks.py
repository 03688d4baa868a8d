"""The registry's background work: comparing efforts, and reminding of plans that grew old."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from registry.actions.comparing import compare_due, rescore_open_plans, tell_watchers
from registry.actions.reminders import remind_of_stale_plans


@shared_task(name="registry.remind", ignore_result=True)
def remind() -> int:
    """One mail to each group with plans that nobody confirmed for a while."""
    return remind_of_stale_plans(now=timezone.now())


@shared_task(name="registry.compare", ignore_result=True)
def compare() -> int:
    """Compare the models whose facts changed, then tell those who watch."""
    now = timezone.now()
    done = compare_due(now=now)
    tell_watchers(now=now)
    return done


@shared_task(name="registry.rescore", ignore_result=True)
def rescore() -> int:
    """Every open plan anew, at night."""
    return rescore_open_plans(now=timezone.now())

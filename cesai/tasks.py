"""Housekeeping on the timetable."""

from celery import shared_task
from django.utils import timezone

from cesai.idempotency import KEPT
from projects.models import StoredAnswer


@shared_task(name="cesai.forget_old_answers", ignore_result=True)
def forget_old_answers() -> int:
    """Answers to idempotent calls are kept for a day."""
    deleted, _rows = StoredAnswer.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    return deleted

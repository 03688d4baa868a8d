"""Marks models whose facts changed, so that the background work compares them again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from projects.doorbell import ring
from registry.models import Model


def compare_again(models: Iterable[UUID], *, now: datetime) -> None:
    """Have models compared soon, in the running transaction."""
    Model.objects.filter(pk__in=list(models)).update(assess_due_at=now)
    ring("registry.compare")


def note_asked(model: Model, gpu_seconds: int, *, now: datetime) -> None:
    """Keep what open requests ask for a model: the stake of its pairs follows it."""
    asked = gpu_seconds or None
    if model.asked_gpu_seconds != asked:
        model.asked_gpu_seconds = asked
        Model.objects.filter(pk=model.pk).update(asked_gpu_seconds=asked)
        compare_again([model.pk], now=now)

"""The background work, rung by name or by the timetable; each task is one call of sync."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from celery import current_app, shared_task
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from compute.actions.gate import compare_waiting
from compute.actions.warnings import warn
from compute.models import Cluster, Job, Limit
from compute.models.monthly import roll_up
from compute.sync.passes import sync_cluster
from compute.sync.unconnected import tend

IDLE_LOOK = timedelta(seconds=30)


@shared_task(name="compute.sync_cluster", ignore_result=True)
def sync_one_cluster(slug: str) -> dict[str, Any]:
    """One pass over one cluster; one that is not connected has the calendar alone."""
    if Cluster.objects.filter(slug=slug, connection=Cluster.Connection.NONE).exists():
        return dict(tend(now=timezone.now()))
    return sync_cluster(slug, now=timezone.now())


@shared_task(name="compute.tick", ignore_result=True)
def tick() -> int:
    """Ring a pass for every cluster that has something moving, and now and then for the others."""
    slugs = _busy_clusters()
    for slug in slugs:
        current_app.send_task("compute.sync_cluster", args=(slug,), expires=10)
    return len(slugs)


@shared_task(name="compute.compare_requests", ignore_result=True)
def compare_requests() -> int:
    """Compare what submitted requests are for; the gate opens cases where it must."""
    return compare_waiting(now=timezone.now())


@shared_task(name="compute.tend", ignore_result=True)
def tend_unconnected() -> dict[str, int]:
    """The calendar of clusters that nobody asks."""
    return tend(now=timezone.now())


@shared_task(name="compute.roll_up", ignore_result=True)
def roll_up_months() -> int:
    """Use by month, for pages that add it up."""
    return roll_up()


@shared_task(name="compute.warn", ignore_result=True)
def warn_people() -> int:
    """What lapses, is used up, ends or is late."""
    return warn(now=timezone.now())


def _busy_clusters() -> list[str]:
    here = OuterRef("pk")
    unset = Limit.objects.not_in_force().filter(allocation__pool__cluster=here)
    quiet = Q(health__checked_at__gt=timezone.now() - IDLE_LOOK)
    rows = Cluster.objects.connected().filter(
        Exists(Job.objects.live().filter(cluster=here))
        | Exists(Job.objects.unsettled().filter(cluster=here))
        | Exists(unset)
        | ~quiet
    )
    return list(rows.values_list("slug", flat=True))

"""When a cluster did not answer: its health history."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple, Self

from django.db import models
from django.db.models import Q

from compute.models.clusters import Cluster

SHOWN_FOR = timedelta(days=90)


class OutageQuerySet(models.QuerySet["Outage"]):
    def since(self, moment: datetime) -> Self:
        """Those that were not over by then."""
        return self.filter(Q(ended_at=None) | Q(ended_at__gt=moment))


class Outage(models.Model):
    """A time in which a connected cluster was silent; written by sync alone."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="outages")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    objects = OutageQuerySet.as_manager()

    class Meta:
        ordering = ["-began_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["cluster"], condition=Q(ended_at=None), name="one_open_outage"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cluster}: silent from {self.began_at:%Y-%m-%d %H:%M}"


class Stretch(NamedTuple):
    """A silence as part of the time that is shown, in hundredths of it."""

    x: str
    width: str


def history_of(cluster: Cluster, now: datetime) -> dict[str, object]:
    """The last ninety days: stretches to draw, the share answered, and the latest silences."""
    start = max(now - SHOWN_FOR, cluster.created_at)
    whole = max((now - start).total_seconds(), 1.0)
    rows = list(cluster.outages.since(start))
    stretches, silent = [], 0.0
    for row in rows:
        begin = max((row.began_at - start).total_seconds(), 0.0)
        end = min(((row.ended_at or now) - start).total_seconds(), whole)
        silent += max(end - begin, 0.0)
        width = max(100 * (end - begin) / whole, 0.3)  # what is there must be seen
        stretches.append(Stretch(f"{100 * begin / whole:.2f}", f"{width:.2f}"))
    return {
        "stretches": stretches,
        "answered": 100 * (1 - silent / whole),
        "latest": rows[:5],
        "count": len(rows),
    }

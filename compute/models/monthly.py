"""How much of an allocation was used in each month: rolled up, so that pages add few rows."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models import F

from compute.models.allocations import Allocation, Balance


class MonthlyUse(models.Model):
    """GPU-seconds of final usage records of one allocation in one calendar month, UTC."""

    allocation = models.ForeignKey(
        Allocation, on_delete=models.CASCADE, related_name="months_used"
    )
    month = models.DateField()
    gpu_seconds = models.BigIntegerField()
    jobs = models.IntegerField(default=0, db_default=0)  # records that ended in this month

    class Meta:
        ordering = ["month"]
        constraints = [
            models.UniqueConstraint(fields=["allocation", "month"], name="month_used_once"),
        ]

    def __str__(self) -> str:
        return f"{self.allocation_id} {self.month:%Y-%m}: {self.gpu_seconds} GPU-s"


def roll_up() -> int:
    """Bring months up to date where use was booked since; how many allocations."""
    behind = Balance.objects.exclude(used=F("rolled_up")).values_list("allocation", "used")
    booked = dict(behind)
    roll_up_these(booked)
    for allocation, used in booked.items():
        Balance.objects.filter(allocation=allocation).update(rolled_up=used)
    return len(booked)


@transaction.atomic
def roll_up_these(allocations: Iterable[UUID]) -> None:
    """Work the months of some allocations out anew; a job over two months counts in both.

    A record's part up to the end of a month is rounded down and what was counted before taken
    off, so that its parts sum up to it exactly.
    """
    keys = list(allocations)
    if not keys:
        return
    MonthlyUse.objects.filter(allocation__in=keys).delete()
    with connection.cursor() as cursor:
        cursor.execute(_ROLL_UP, [keys, None])


# Use by allocation and month of the records that were known at a time, or of all.
BY_MONTH = """
SELECT allocation_id, month, sum(part)::bigint, count(*) FILTER (WHERE is_last) FROM (
    SELECT r.allocation_id, m.month::date AS month, m.until > r.last AS is_last,
        CASE WHEN r.ended <= r.began THEN r.gpu_seconds ELSE
            floor(r.gpu_seconds * least(m.until - r.began, r.ended - r.began)
                / (r.ended - r.began)::numeric)
            - floor(r.gpu_seconds * greatest(m.since - r.began, 0)
                / (r.ended - r.began)::numeric)
        END AS part
    FROM (
        SELECT allocation_id, gpu_seconds::numeric AS gpu_seconds, end_time AS ended,
            least(start_time, end_time) AS began,
            greatest(end_time - 1, least(start_time, end_time)) AS last
        FROM compute_usagerecord
        WHERE allocation_id = ANY(%s) AND end_time IS NOT NULL AND gpu_seconds > 0
            AND observed_at <= coalesce(%s::timestamptz, 'infinity')
    ) r
    CROSS JOIN LATERAL (
        SELECT month, extract(epoch FROM month)::bigint AS since,
            extract(epoch FROM month + interval '1 month')::bigint AS until
        FROM generate_series(
            date_trunc('month', to_timestamp(r.began) AT TIME ZONE 'UTC'),
            date_trunc('month', to_timestamp(r.last) AT TIME ZONE 'UTC'),
            interval '1 month') month
    ) m
) parts
GROUP BY allocation_id, month HAVING sum(part) > 0
"""
_ROLL_UP = "INSERT INTO compute_monthlyuse (allocation_id, month, gpu_seconds, jobs) " + BY_MONTH

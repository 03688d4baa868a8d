"""Rows of a cluster's accounting that cannot be true: kept aside, and never the end of a pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import structlog
from django.db.models import Q

from compute.models import Cluster, OddRecord
from compute.quota import MAX_GPU_SECONDS
from compute.slurm.types import JobRecord

log = structlog.get_logger(__name__)

Why = OddRecord.Why
MOST_GPUS = 1_000_000
LATEST = 1 << 40  # seconds since 1970; beyond it no calendar reaches
LONGEST_USER, LONGEST_STATE = 64, 24
SLACK = 60  # seconds between a site's clocks


def sound(cluster: Cluster, records: Iterable[JobRecord], *, now: datetime) -> list[JobRecord]:
    """The rows that can be true. The others are kept aside until the cluster says otherwise."""
    good: list[JobRecord] = []
    odd: list[tuple[JobRecord, str]] = []
    for record in records:
        why = oddity(record)
        if why:
            odd.append((record, why))
        else:
            good.append(record)
    if odd:
        _keep(cluster, odd, now)
    _forgive(cluster, good)
    return good


def oddity(record: JobRecord) -> str:
    """Why a row cannot be true, "" if it can."""
    if record.job_id <= 0 or not 0 < record.submit_time < LATEST:
        return Why.IDENTITY
    if record.elapsed < 0 or record.gpus < 0 or record.restarts < 0:
        return Why.NEGATIVE
    if record.gpus > MOST_GPUS or record.gpu_seconds > MAX_GPU_SECONDS:
        return Why.TOO_MUCH
    if len(record.user) > LONGEST_USER or len(record.state) > LONGEST_STATE:
        return Why.TEXT
    return _odd_times(record)


def _odd_times(record: JobRecord) -> str:
    start, end = record.start_time, record.end_time
    if max(start or 0, end or 0) >= LATEST:
        return Why.TOO_MUCH
    # A job that never started has its end as its start, or none.
    if start is None or end is None or not record.elapsed:
        return ""
    if end < start - SLACK:
        return Why.BACKWARDS
    return Why.TOO_LONG if record.elapsed > end - start + SLACK else ""


def _keep(cluster: Cluster, odd: Sequence[tuple[JobRecord, str]], now: datetime) -> None:
    log.warning("odd_records", count=len(odd), first=str(odd[0][0])[:300], why=odd[0][1])
    OddRecord.objects.bulk_create(
        [
            OddRecord(
                cluster=cluster,
                slurm_job_id=_fitting(record.job_id),
                submit_time=_fitting(record.submit_time),
                restarts=max(record.restarts, 0),
                slurm_account=record.account[:64],
                why=why,
                said=_said(record),
                first_seen_at=now,
                last_seen_at=now,
            )
            for record, why in {_identity(record): (record, why) for record, why in odd}.values()
        ],
        update_conflicts=True,
        unique_fields=["cluster", "slurm_job_id", "submit_time", "restarts"],
        update_fields=["why", "said", "last_seen_at"],
    )


def _forgive(cluster: Cluster, good: Sequence[JobRecord]) -> None:
    """Those that the cluster tells in another way by now."""
    aside = list(cluster.odd_records.values_list("slurm_job_id", "submit_time", "restarts"))
    if aside:
        now_good = {_identity(record) for record in good}.intersection(aside)
        for job_id, submitted, restarts in now_good:
            same = Q(slurm_job_id=job_id, submit_time=submitted, restarts=restarts)
            cluster.odd_records.filter(same).delete()


def _identity(record: JobRecord) -> tuple[int, int, int]:
    return _fitting(record.job_id), _fitting(record.submit_time), max(record.restarts, 0)


def _fitting(number: int) -> int:
    """As large as a column takes."""
    return max(min(number, (1 << 63) - 1), -(1 << 63))


def _said(record: JobRecord) -> dict[str, Any]:
    return {
        name: value if isinstance(value, int | None) and abs(value or 0) < 1 << 53 else
        str(value).replace("\0", "")[:500]
        for name, value in asdict(record).items()
    }  # fmt: skip

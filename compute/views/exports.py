"""Lists as CSV: the same filters as the page, all its rows, one column a fact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse

from compute.quota import gpu_hours
from projects.sheets import MOST_WRITTEN, csv_answer

REQUESTS = {
    "id": "id", "project": "project__slug", "title": "project__title", "kind": "kind",
    "purpose": "purpose", "state": "state", "model": "model__name", "asked_gpu_hours": "asked",
    "created_at": "created_at", "submitted_at": "submitted_at", "due_at": "due_at",
    "decided_at": "decided_at",
}  # fmt: skip
ALLOCATIONS = {
    "id": "id", "project": "project__slug", "title": "project__title",
    "cluster": "pool__cluster__slug", "pool": "pool__slug", "origin": "origin", "state": "state",
    "start": "start", "end": "end", "granted_gpu_hours": "gpu_seconds",
    "used_gpu_hours": "balance__used", "reserved_gpu_hours": "balance__reserved",
    "available_gpu_hours": "balance__available", "limit": "limit__state",
    "limit_verified_at": "limit__verified_at", "slurm_account": "slurm_account",
}  # fmt: skip
JOBS = {
    "id": "id", "name": "name", "project": "project__slug", "cluster": "cluster__slug",
    "slurm_job_id": "slurm_job_id", "state": "state", "reason": "reason", "gpus": "gpus",
    "nodes": "nodes", "minutes": "minutes", "reserved_gpu_hours": "reserved_gpu_seconds",
    "used_gpu_hours": "used_gpu_seconds", "submitted_at": "submitted_at",
    "started_at": "started_at", "ended_at": "ended_at",
}  # fmt: skip


CLUSTERS = {
    "slug": "slug", "name": "name", "partner": "partner__slug", "connection": "connection",
    "limits": "limit_mode", "is_up": "health__is_up", "answered_at": "health__answered_at",
    "slurm_version": "health__slurm_version", "pool": "pools__slug", "gpu_type": "pools__gpu_type",
    "gpus": "pools__gpu_count", "h100_weight": "pools__h100_weight",
}  # fmt: skip
CALLS = {
    "board": "board", "title": "title", "opens_on": "opens_on", "closes_on": "closes_on",
    "url": "url", "as_of": "as_of",
}  # fmt: skip
TEMPLATES = {
    "id": "id", "name": "name", "purpose": "purpose", "group": "group__slug",
    "cluster": "cluster__slug", "created_at": "created_at",
}  # fmt: skip


def exported(name: str, rows: QuerySet[Any], columns: Mapping[str, str]) -> StreamingHttpResponse:
    """The rows of a list in its order; amounts in GPU-hours with at most four decimals."""
    return csv_answer(name, list(columns), _values(rows, columns))


def _values(rows: QuerySet[Any], columns: Mapping[str, str]) -> Iterator[list[Any]]:
    amounts = [head.endswith("_gpu_hours") for head in columns]
    found = rows.values_list(*columns.values())[:MOST_WRITTEN]
    for row in found.iterator(chunk_size=2000):
        yield [
            gpu_hours(value) if is_amount and value is not None else value
            for value, is_amount in zip(row, amounts, strict=True)
        ]

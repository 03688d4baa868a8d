"""Pieces that rows of both wire versions are made of."""

from __future__ import annotations

from typing import Any

from dev.simulator.jobs import Run

Body = dict[str, Any]


def seconds(value: float | None) -> int:
    return int(value or 0)


def elapsed(run: Run, now: float) -> int:
    """Whole seconds on the nodes so far."""
    if run.started_at is None:
        return 0
    return int(run.ended_at or now) - int(run.started_at)


def tres_text(gpus: int) -> str:
    return "cpu=1,mem=1G,node=1,billing=1" + (f",gres/gpu={gpus}" if gpus else "")


def tres_list(gpus: int) -> list[Body]:
    node = {"type": "node", "name": "", "id": 4, "count": 1}
    gpu = {"type": "gres", "name": "gpu", "id": 1001, "count": gpus}
    return [node, gpu] if gpus else [node]


def gpu_limit(count: int | None) -> list[Body]:
    if count is None:
        return []
    return [{"type": "gres", "name": "gpu", "id": 1001, "count": count}]

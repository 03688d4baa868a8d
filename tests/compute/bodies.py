"""What callers of the compute API send, and how its answers are read."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from datetime import timedelta
from typing import Any, TypeVar
from uuid import uuid4

from django.db import models

from compute.models import Allocation, Job, LedgerEntry, Pool, Request
from projects.models import Project, User
from tests import make
from tests.conftest import Caller

M = TypeVar("M", bound=models.Model)
Calls = Callable[[User], Caller]  # what the fixture `caller` is


def line_body(pool: Pool, **changes: Any) -> dict[str, Any]:
    """Ten GPU-hours over the next thirty days."""
    window = {"start": str(make.today()), "end": str(make.today() + timedelta(30))}
    return {"pool": str(pool.pk), "gpu_hours": "10", **window, **changes}


def request_body(project: Project, pool: Pool, **changes: Any) -> dict[str, Any]:
    """A request for evaluation with one line."""
    body = {"project": str(project.pk), "purpose": "evaluation", "lines": [line_body(pool)]}
    return {**body, **changes}


def award_body(request: Request, gpu_hours: Any = "60", **line: Any) -> dict[str, Any]:
    """An award on the request's first line."""
    given = {"line": str(request.lines.all()[0].pk), "gpu_hours": gpu_hours, **line}
    return {"lines": [given], "reason": "good"}


def job_body(allocation: Allocation, **changes: Any) -> dict[str, Any]:
    """One GPU for five minutes."""
    body = {"allocation": str(allocation.pk), "script": "#!/bin/sh\ntrue\n", "gpus": 1}
    return {**body, "minutes": 5, **changes}


def send_job(caller: Caller, allocation: Allocation, **changes: Any) -> Any:
    """The answer to such a job."""
    return caller.post("jobs/", job_body(allocation, **changes))


def nothing_is_reserved(allocation: Allocation) -> bool:
    """Whether there is no job, no row but the grant, and all 60 GPU-hours are available."""
    rows = LedgerEntry.objects.exclude(kind="grant").exists() or Job.objects.exists()
    allocation.balance.refresh_from_db()
    balance = (allocation.balance.available, allocation.balance.reserved)
    return balance == (60 * 3600, 0) and not rows


def multiply(row: M, times: int, **differs: Any) -> None:
    """Put copies of a row into its table; `differs` names what a counter is appended to."""
    copies = []
    for number in range(times):
        new = copy(row)
        new.pk = uuid4() if isinstance(row._meta.pk, models.UUIDField) else None
        if not isinstance(row._meta.pk, models.UUIDField):
            new.id = uuid4()  # type: ignore[attr-defined]
        for name, start in differs.items():
            value = start + number if isinstance(start, int) else f"{start}{number}"
            setattr(new, name, value)
        copies.append(new)
    type(row)._default_manager.bulk_create(copies)

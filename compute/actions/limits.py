"""Limits on clusters that are not connected: an operator says that the site holds them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from compute.models import Cluster, Limit
from compute.states import LimitState
from projects.doorbell import ring
from projects.errors import Conflict
from projects.models import User
from projects.models.events import record_event


@transaction.atomic
def confirm_limit(*, by: User, limit: Limit, remark: str, now: datetime) -> None:
    """The site holds it, as its operator says: set, but nothing was read that proves it.

    Raises Conflict on a connected cluster, and if it was confirmed as it is now already.
    """
    allocation = limit.allocation
    if allocation.pool.cluster.connection != Cluster.Connection.NONE:
        raise Conflict(_("The portal reads the limits of this cluster itself."))
    if limit.state == LimitState.SET_NOT_PROVEN and not limit.is_changed:
        raise Conflict(_("This was confirmed already."))
    if limit.state == LimitState.NEEDS_OPERATOR and limit.detail != limit.asked:
        raise Conflict(_("It changed meanwhile. Reload the page."))
    closed = limit.is_to_be_closed
    values: dict[str, Any] = {
        "detail": "ConfirmedByOperator",
        "command": "",
        "observed_at": now,
        "verified_at": now,
        "proven_closed": closed,
        "observed_submit_jobs": 0 if closed else None,
    }
    if not closed:
        values["proven_gpu_minutes"] = limit.desired_gpu_minutes
    if limit.state == LimitState.SET_NOT_PROVEN:
        Limit.objects.filter(pk=limit.pk).update(**values)
    elif not limit.move_to(
        LimitState.SET_NOT_PROVEN, now=now, by=by, reason="ConfirmedByOperator", **values
    ):
        raise Conflict(_("It changed meanwhile. Reload the page."))
    record_event(by=by, kind="confirm_limit", about=allocation, project=allocation.project,
                 now=now, reason=remark)  # fmt: skip
    ring("compute.tend")

"""Saying when a cluster is away on purpose."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from compute.models import Cluster, Maintenance
from projects.errors import Invalid
from projects.models import User
from projects.models.events import record_event

LONGEST = timedelta(days=60)


@transaction.atomic
def plan_maintenance(
    *,
    by: User,
    cluster: Cluster,
    start_at: datetime,
    end_at: datetime,
    text: str = "",
    now: datetime,
) -> Maintenance:
    """Announce it; whoever submits a job that would run into it is told.

    Raises Invalid for a time that is over, runs backwards or lasts longer than two months.
    """
    if not start_at < end_at <= start_at + LONGEST:
        sentence = _("It ends after it begins, and within two months.")
        raise Invalid(sentence, fields={"end_at": [sentence]})
    if end_at <= now:
        sentence = _("This time is over already.")
        raise Invalid(sentence, fields={"end_at": [sentence]})
    planned = Maintenance.objects.create(
        cluster=cluster, start_at=start_at, end_at=end_at, text=text, created_by=by
    )
    record_event(by=by, kind="plan_maintenance", about=cluster, now=now,
                 changes={"maintenance": [None, str(planned)]})  # fmt: skip
    return planned


@transaction.atomic
def drop_maintenance(*, by: User, planned: Maintenance, now: datetime) -> None:
    """It does not take place."""
    record_event(by=by, kind="drop_maintenance", about=planned.cluster, now=now,
                 changes={"maintenance": [str(planned), None]})  # fmt: skip
    planned.delete()

"""A site's own rules of a pool: what happens on over-use, and over which time its quotas run."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet

from compute.models import Allocation, Pool
from projects.models import User
from projects.models.events import record_event

NEARLY = 20  # one part in so many is left: 95 % are used or reserved


def concerned_by(pool: Pool) -> QuerySet[Allocation]:
    """Current allocations that are used up, or of which 95 % are: what a rule would mean now."""
    rows = Allocation.objects.current().filter(pool=pool)
    whole = F("balance__available") + F("balance__reserved") + F("balance__used")
    rows = rows.annotate(whole=whole).filter(balance__available__lte=F("whole") / NEARLY)
    return rows.select_related("project", "balance").order_by("balance__available")


@transaction.atomic
def set_site_rules(
    *,
    by: User,
    pool: Pool,
    over_use: str | None = None,
    period: str | None = None,
    carries_over: bool | None = None,
    now: datetime,
) -> None:
    """Say what the site does; the portal itself always refuses what does not fit."""
    given = {"over_use": over_use, "period": period, "carries_over": carries_over}
    changes = {
        name: [getattr(pool, name), value]
        for name, value in given.items()
        if value is not None and getattr(pool, name) != value
    }
    if not changes:
        return
    for name, (_before, value) in changes.items():
        setattr(pool, name, value)
    pool.save(update_fields=list(changes))
    record_event(by=by, kind="set_site_rules", about=pool, now=now, changes=changes)

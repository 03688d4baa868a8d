"""What pools offer per month, and what of it is kept for which partner."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from compute.models import CapacityMonth, Pool, Reserve
from compute.quota import MAX_GPU_SECONDS, gpu_hours
from projects.errors import Conflict, Invalid
from projects.models import Partner, User
from projects.models.events import record_event


@transaction.atomic
def set_capacity(
    *,
    by: User | None,
    pool: Pool,
    months: Mapping[date, int],
    decision: str = "",
    now: datetime,
) -> None:
    """Say how many GPU-seconds a pool offers in each month.

    Less than is granted and reserved only by a decision that is named: the month is over-committed
    then, and nothing more is awarded of it. Raises Conflict without one, Invalid for what is no
    amount or no month.
    """
    before: dict[date, int | None] = {}
    for month in sorted(months):
        offered = months[month]
        if month.day != 1 or not 0 <= offered <= MAX_GPU_SECONDS:
            raise Invalid(_("A month offers no such amount: %(n)s GPU-s.") % {"n": offered})
        locked = CapacityMonth.objects.select_for_update(no_key=True)
        row, is_new = locked.get_or_create(pool=pool, month=month, defaults={"offered": 0})
        before[month] = None if is_new else row.offered
        beyond = row.granted + row.reserved - offered
        if beyond > 0 and not decision.strip():
            raise Conflict(
                _("%(month)s: %(granted)s GPU-h are granted already; offer at least as much, or "
                  "say whose decision it is to be over-committed.")
                % {"month": f"{month:%Y-%m}", "granted": gpu_hours(row.granted + row.reserved)}
            )  # fmt: skip
        rows = CapacityMonth.objects.filter(pk=row.pk)
        rows.update(offered=offered, over_committed=max(beyond, 0))
    record_event(
        by=by,
        kind="set_capacity",
        about=pool,
        now=now,
        reason=decision,
        changes={f"{month:%Y-%m}": [before[month], months[month]] for month in sorted(months)},
    )


@transaction.atomic
def reserve_capacity(
    *, by: User, pool: Pool, partner: Partner, months: Mapping[date, int], now: datetime
) -> None:
    """Keep so many GPU-seconds of each month for a partner's projects; 0 lets them go.

    What awards took of an earlier reserve is granted and does not count. Raises Conflict for more
    than is free, Invalid for what is no amount.
    """
    changes = {}
    for month in sorted(months):
        wanted = months[month]
        if not 0 <= wanted <= MAX_GPU_SECONDS:
            raise Invalid(_("This cannot be kept: %(n)s GPU-s.") % {"n": wanted})
        rows = CapacityMonth.objects.filter(pool=pool, month=month)
        row = rows.select_for_update(no_key=True).first()
        own = Reserve.objects.filter(pool=pool, month=month, partner=partner)
        kept = own.values_list("left", flat=True).first() or 0
        free = row.free + kept if row else 0
        if wanted > max(free, kept):  # less than before can always be kept
            raise Conflict(
                _("%(pool)s has %(free)s GPU-h free in %(month)s; keep at most that.")
                % {"pool": pool, "free": gpu_hours(max(free, 0)), "month": f"{month:%Y-%m}"}
            )
        rows.update(reserved=F("reserved") + wanted - kept)
        Reserve.objects.update_or_create(
            pool=pool, month=month, partner=partner, defaults={"left": wanted}
        )
        changes[f"{month:%Y-%m}"] = [kept, wanted]
    record_event(by=by, kind="reserve_capacity", about=pool, now=now,
                 reason=partner.name, changes=changes)  # fmt: skip

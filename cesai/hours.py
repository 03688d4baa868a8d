"""Where GPU-hours go: used, unused and expected per month, by partner or by cluster."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import F, Sum
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cesai.reporting import largest
from compute.drawing import Chart, ChartRow, Series
from compute.models import Allocation, CapacityMonth, MonthlyUse
from compute.quota import months_in, next_month
from compute.views.months import later, this_month

BEFORE, AHEAD = 6, 6
COLOURS = 6
BY = {
    "partner": "allocation__project__lead_group__partner__name",
    "cluster": "allocation__pool__cluster__name",
}


def hours_chart(by: str, now: datetime) -> Chart:
    """Six months back and six ahead, of all own pools; only for those who see everything.

    What is ahead is used at the pace of this month and the last, at most what is granted.
    """
    month = this_month(now)
    start, end = later(month, -BEFORE), later(month, AHEAD + 1)
    capacity = {
        month: (offered, granted)
        for month, offered, granted in CapacityMonth.objects.filter(
            month__gte=start, month__lt=end
        )
        .order_by()
        .values_list("month")
        .annotate(Sum("offered"), Sum("granted"))
    }
    used = _used(BY[by], start)
    shown, rest = largest(_totals(used), COLOURS)
    pace = _pace(used, month, now)
    rows = []
    for one in months_in(start, end):
        amounts = used.get(one, {}) if one <= month else pace(one)
        offered, granted = capacity.get(one, (0, 0))
        if one > month:
            amounts = _capped(amounts, granted)
        values = [amounts.get(name, 0) for name in shown]
        if rest:
            values.append(sum(amounts.get(name, 0) for name in rest))
        unused = max(granted - sum(amounts.values()), 0)
        label, short = date_format(one, "F Y"), date_format(one, "M y")
        rows.append(ChartRow(label, [*values, unused, offered], short, is_ahead=one > month))
    names = [Series(str(name)) for name in shown] + ([Series(_("others"))] if rest else [])
    return Chart(
        caption=_("GPU-hours per month"),
        first=_("Month"),
        series=[
            *names,
            Series(_("granted, not used"), look="free"),
            Series(_("offered"), "offered", "offered"),
        ],
        rows=rows,
    )


Used = dict[date, dict[str, int]]


def _used(path: str, start: date) -> Used:
    rows = (
        MonthlyUse.objects.filter(month__gte=start, allocation__origin=Allocation.Origin.OWN_POOL)
        .order_by()
        .values_list("month", F(path))
        .annotate(n=Sum("gpu_seconds"))
    )
    found: defaultdict[date, dict[str, int]] = defaultdict(dict)
    for month, name, amount in rows:
        found[month][name] = amount
    return dict(found)


def _totals(used: Used) -> dict[Any, int]:
    found: defaultdict[str, int] = defaultdict(int)
    for amounts in used.values():
        for name, amount in amounts.items():
            found[name] += amount
    return dict(found)


def _pace(used: Used, month: date, now: datetime) -> Any:
    """What each would use in a month to come, as in this month and the one before."""
    before = later(month, -1)
    days = (now.astimezone(UTC).date() - before).days or 1
    recent: defaultdict[str, int] = defaultdict(int)
    for one in (before, month):
        for name, amount in used.get(one, {}).items():
            recent[name] += amount

    def of(ahead: date) -> dict[str, int]:
        length = (next_month(ahead) - ahead).days
        return {name: amount * length // days for name, amount in recent.items()}

    return of


def _capped(amounts: dict[str, int], granted: int) -> dict[str, int]:
    total = sum(amounts.values())
    if total <= granted:
        return amounts
    return {name: amount * granted // total for name, amount in amounts.items()}

"""Capacity, five years ahead: what is offered, granted, used and asked, and what if."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, NamedTuple

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import F, Q, QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from compute import access
from compute.actions.capacity import reserve_capacity, set_capacity
from compute.actions.site_rules import concerned_by, set_site_rules
from compute.drawing import Drawing, Month
from compute.forecast import Forecast
from compute.forms.capacity import CapacityFilters, OfferForm, ReserveForm, WhatIfForm
from compute.forms.clusters import SiteRulesForm
from compute.models import Allocation, CapacityMonth, Cluster, Pool, Request
from compute.views.capacity_rows import Asked, Row, add_spread, rows_of, sum_of
from compute.views.months import later, this_month
from projects.access import portal_verbs, require_portal
from projects.models import Partner
from projects.pages import PageForm, SignedIn
from projects.roles import Verb

BEFORE, AHEAD = 6, 60
MOST = 50


class Kept(NamedTuple):
    """So many GPU-seconds of each month from one to another, for a partner."""

    partner: Partner
    first: date
    last: date
    left: int


@login_required
def capacity_page(request: SignedIn) -> HttpResponse:
    """All pools, five years ahead."""
    user, now = request.user, timezone.now()
    visible = Pool.objects.visible_to(user).select_related("cluster")
    types = visible.order_by("gpu_type").values_list("gpu_type", flat=True).distinct()
    clusters = Cluster.objects.filter(pools__in=visible).distinct()
    filters = CapacityFilters(request.GET, clusters=clusters, types=types)
    pools = visible.filter(**filters.chosen())
    what_if = WhatIfForm(request.GET if "gpu_hours" in request.GET else None, pools=visible)
    extra = _what_if(what_if, now)
    month = this_month(now)
    rows = rows_of(request, pools, later(month, -BEFORE), later(month, AHEAD + 1), extra)
    rows = [row for row in rows if any(m.offered or m.asked for m in row.months.values())]
    context = {
        "rows": rows,
        "years": rows[0].years() if rows else [],
        "drawing": Drawing(sum_of(rows)),
        "filters": filters,
        "what_if": what_if,
        "tight": _tight(rows, extra),
        "is_asked": bool(extra),
        "first": later(month, -BEFORE),
        "last": later(month, AHEAD),
        "behind": clusters.silent(now),
        "now": now,
    }
    return render(request, "compute/capacity.html", context)


@login_required
def pool_capacity(request: SignedIn, slug: str) -> HttpResponse:
    """One pool, month by month, and what holds it."""
    return _show(request, access.get_pool(request.user, slug))


@require_POST
@login_required
def offer(request: SignedIn, slug: str) -> HttpResponse:
    """Its operators say what it offers."""
    pool = access.get_pool(request.user, slug, Verb.OPERATE_CLUSTER)
    form = OfferForm(request.POST, prefix="offer")
    act = partial(set_capacity, by=request.user, pool=pool, now=timezone.now())
    if form.carried(
        request, lambda decision, **_typed: act(months=form.months(), decision=decision)
    ):
        messages.success(request, _("Kept."))
        return redirect("capacity-pool", pool.slug)
    return _show(request, pool, offer=form)


@require_POST
@login_required
def reserve(request: SignedIn, slug: str) -> HttpResponse:
    """Quota admins keep some of it for a partner."""
    pool = access.get_pool(request.user, slug)
    require_portal(request.user, Verb.AWARD)
    form = ReserveForm(request.POST, prefix="reserve")
    act = partial(reserve_capacity, by=request.user, pool=pool, now=timezone.now())
    if form.carried(request, lambda partner, **_typed: act(months=form.months(), partner=partner)):
        messages.success(request, _("Kept for that partner's projects."))
        return redirect("capacity-pool", pool.slug)
    return _show(request, pool, reserve=form)


@require_POST
@login_required
def rules(request: SignedIn, slug: str) -> HttpResponse:
    """Its operators say the site's rules; whom they concern is shown before they are kept."""
    pool = access.get_pool(request.user, slug, Verb.OPERATE_CLUSTER)
    form = SiteRulesForm(request.POST, prefix="rules")
    if form.sent_by(request) and form.cleaned_data.pop("sure"):
        with form.told():
            set_site_rules(by=request.user, pool=pool, now=timezone.now(), **form.cleaned_data)
            messages.success(request, _("Kept."))
            return redirect("capacity-pool", pool.slug)
    return _show(request, pool, rules=form)


def _show(request: SignedIn, pool: Pool, **sent: PageForm) -> HttpResponse:
    user, now = request.user, timezone.now()
    month = this_month(now)
    pools = Pool.objects.filter(pk=pool.pk).select_related("cluster")
    [row] = rows_of(request, pools, later(month, -BEFORE), later(month, AHEAD + 1), {})
    initial = {"first": month, "last": later(month, AHEAD)}
    context: dict[str, Any] = {
        "pool": pool,
        "now": now,
        "drawing": Drawing(list(row.months.values())),
        "over": _over(pool, month),
        "reserves": _kept(pool, month),
        "unspent": _unspent(user, pool, now),
        "waiting": _waiting(user, pool),
        "behind": Cluster.objects.silent(now).filter(pk=pool.cluster_id),
        "verbs": access.cluster_verbs(user, pool.cluster),
        "may_reserve": Verb.AWARD in portal_verbs(user),
        "rules": SiteRulesForm(
            prefix="rules",
            initial={name: getattr(pool, name) for name in ("over_use", "period", "carries_over")},
        ),
        "concerned": concerned_by(pool) if "rules" in sent else [],
        "offer": OfferForm(prefix="offer", initial=initial),
        "reserve": ReserveForm(prefix="reserve", initial=initial),
        "refused": next(iter(sent.values()), None),
        **sent,
    }
    status = next((form.status for form in sent.values()), 200)
    return render(request, "compute/pool_capacity.html", context, status=status)


def _what_if(form: WhatIfForm, now: datetime) -> Asked:
    if not form.is_bound or not form.is_valid():
        return {}
    values = form.cleaned_data
    months: dict[date, int] = {}
    start = max(values["start"], now.astimezone(UTC).date())
    if start < values["end"]:
        add_spread(months, values["gpu_hours"], start, values["end"])
    return {values["pool"].pk: months}


def _tight(rows: Iterable[Row], extra: Asked) -> list[Month]:
    """The months of the asked pool that would not hold it."""
    return [
        month
        for row in rows
        for month in row.months.values()
        if extra.get(row.pool.pk, {}).get(month.month) and month.free_after < 0
    ]


def _unspent(user: Any, pool: Pool, now: datetime) -> list[tuple[Allocation, Forecast]]:
    """Allocations that would leave most unspent at their pace, of those one may see."""
    rows = Allocation.objects.visible_to(user).current().filter(pool=pool)
    rows = rows.filter(origin=Allocation.Origin.OWN_POOL).select_related("project", "balance")
    found = []
    for allocation in rows.prefetch_related("months_used"):
        ahead = allocation.forecast(now)
        if ahead and ahead.unspent:
            found.append((allocation, ahead))
    return sorted(found, key=lambda one: -one[1].unspent)[:MOST]


def _over(pool: Pool, since: date) -> QuerySet[CapacityMonth]:
    """Months of which more is granted and kept than offered, by how much."""
    beyond = F("granted") + F("reserved") - F("offered")
    rows = CapacityMonth.objects.filter(pool=pool, month__gte=since).annotate(beyond=beyond)
    return rows.filter(beyond__gt=0)


def _kept(pool: Pool, since: date) -> list[Kept]:
    """Reserves, those of one partner with the same amount in months on end as one line."""
    rows = pool.reserves.filter(left__gt=0, month__gte=since).select_related("partner")
    found: list[Kept] = []
    for row in rows.order_by("partner__name", "month"):
        last = found[-1] if found else None
        follows = last and last.partner == row.partner and last.last == later(row.month, -1)
        if last and follows and last.left == row.left:
            found[-1] = last._replace(last=row.month)
        else:
            found.append(Kept(row.partner, row.month, row.month, row.left))
    return found


def _waiting(user: Any, pool: Pool) -> QuerySet[Request]:
    """Who waits for GPU-hours of this pool, the longest first."""
    rows = Request.objects.visible_to(user).undecided().filter(lines__pool=pool)
    amount = Sum("lines__gpu_seconds", filter=Q(lines__pool=pool))
    rows = rows.annotate(asked=amount).select_related("project")
    return rows.order_by("submitted_at")[:MOST]

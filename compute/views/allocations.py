"""Allocations: what is left, why, and whether the cluster enforces it."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from compute import access
from compute.actions import allocations as actions
from compute.actions import limits
from compute.burn_down import burn_down
from compute.drawing import Chart, ChartRow, Series
from compute.forecast import Forecast
from compute.forms.allocations import AllocationFilters, DecisionForm, ReturnForm
from compute.models import Allocation, ExternalGrant, LedgerEntry, UsageRecord
from compute.models.charging import Charges
from compute.views.exports import ALLOCATIONS, exported
from compute.views.steps import limit_steps
from projects.access import belongs_to
from projects.pages import PageForm, SignedIn, page_of
from projects.roles import Verb
from projects.sheets import wants_csv

SHOWN = 50
M = TypeVar("M", LedgerEntry, UsageRecord)


@login_required
def allocation_list(request: SignedIn) -> HttpResponseBase:
    """The allocations one may see, newest first."""
    filters = AllocationFilters(request.GET)
    rows = Allocation.objects.visible_to(request.user).filter(**filters.chosen())
    if wants_csv(request):
        return exported("allocations", rows, ALLOCATIONS)
    rows = rows.select_related("project", "pool__cluster", "balance", "limit")
    page = page_of(rows, request.GET, by="created_at")
    waiting = ExternalGrant.objects.visible_to(request.user).unconfirmed()
    context = {
        "page": page,
        "filters": filters,
        "grants": waiting.select_related("project", "pool")[:SHOWN],
        "may_register": access.led_projects(request.user).exists(),
    }
    return render(request, "compute/allocations.html", context)


@login_required
def allocation_page(request: SignedIn, key: str) -> HttpResponse:
    """One allocation with its balance, the proof of its limit, its ledger and its use."""
    return _show(request, access.get_allocation(request.user, key))


@require_POST
@login_required
def pause(request: SignedIn, key: str) -> HttpResponse:
    """Nobody may submit under it for now."""
    row = access.get_allocation(request.user, key, Verb.PAUSE_ALLOCATION)
    form = DecisionForm(request.POST, prefix="pause")
    act = partial(actions.pause_allocation, by=request.user, allocation=row, now=timezone.now())
    if form.carried(request, act):
        messages.success(request, _("Paused. The cluster is told next."))
        return redirect("allocation", row.pk)
    return _show(request, row, pause=form)


@require_POST
@login_required
def resume(request: SignedIn, key: str) -> HttpResponse:
    """The pause is over."""
    row = access.get_allocation(request.user, key, Verb.PAUSE_ALLOCATION)
    actions.resume_allocation(by=request.user, allocation=row, now=timezone.now())
    messages.success(request, _("It goes on. The cluster is told next."))
    return redirect("allocation", row.pk)


@require_POST
@login_required
def return_hours(request: SignedIn, key: str) -> HttpResponse:
    """Unspent GPU-hours go back to the pool."""
    row = access.get_allocation(request.user, key, Verb.RETURN_HOURS)
    form = ReturnForm(request.POST, prefix="return")
    if form.carried(
        request,
        lambda gpu_hours, reason: actions.return_hours(
            by=request.user, allocation=row, gpu_seconds=gpu_hours, reason=reason,
            now=timezone.now(),
        ),
    ):  # fmt: skip
        messages.success(request, _("Returned to the pool. The limit follows."))
        return redirect("allocation", row.pk)
    return _show(request, row, give_back=form)


@require_POST
@login_required
def end(request: SignedIn, key: str) -> HttpResponse:
    """It ends before its time."""
    row = access.get_allocation(request.user, key, Verb.AWARD)
    form = DecisionForm(request.POST, prefix="end")
    act = partial(actions.end_allocation, by=request.user, allocation=row, now=timezone.now())
    if form.carried(request, act):
        messages.success(request, _("Ended. Waiting jobs are cancelled, running ones finish."))
        return redirect("allocation", row.pk)
    return _show(request, row, end=form)


@require_POST
@login_required
def confirm_limit(request: SignedIn, key: str) -> HttpResponse:
    """The operator of a cluster that is not connected says that the site holds the limit."""
    row = access.get_allocation(request.user, key, Verb.OPERATE_CLUSTER)
    limits.confirm_limit(by=request.user, limit=row.limit, remark="", now=timezone.now())
    messages.success(request, _("Confirmed."))
    return redirect("allocation", row.pk)


def _of(allocation: Allocation, rows: QuerySet[M]) -> QuerySet[M]:
    """As a range: of rows that are said to be one allocation's PostgreSQL reads the newest by
    walking all rows from their end, and where others came last that is the whole table.
    """
    return rows.filter(allocation__gte=allocation.pk, allocation__lte=allocation.pk)


def _show(request: SignedIn, allocation: Allocation, **sent: PageForm) -> HttpResponse:
    """The page, with the one form that was sent and refused, if any, as it was typed."""
    now = timezone.now()
    pool = allocation.pool
    entries = _of(allocation, LedgerEntry.objects.all()).select_related("job")
    usage = _of(allocation, UsageRecord.objects.all()).select_related("job")
    usage = usage.defer("job__script").order_by("allocation_id", "-sequence")[:SHOWN]
    charges = Charges([pool])
    ahead = None if allocation.has_ended else allocation.forecast(now)
    context: dict[str, Any] = {
        "allocation": allocation,
        "balance": allocation.balance,
        "cluster": allocation.pool.cluster,
        "now": now,
        "is_open": allocation.is_open(now),
        "is_stale": allocation.pool.cluster.health.is_stale(now),
        "days_left": (allocation.end - now.date()).days,
        "ahead": ahead,
        "chart": _burn_down(allocation, ahead, now),
        "steps": limit_steps(allocation),
        "verbs": access.allocation_verbs(request.user, allocation),
        "is_own": belongs_to(request.user, allocation.project),
        "ledger": page_of(
            entries.defer("job__script"),
            request.GET,
            by="sequence",
            size=SHOWN,
            first_by=("allocation_id",),
        ),
        "usage": [(row, charges.of(row, pool.pk)) for row in usage],
        "charge_rule": charges.latest(pool.pk),
        "is_of_site": access.is_of_site(request.user, pool.cluster),
        "jobs": allocation.jobs.defer("script").order_by("-submitted_at")[:10],
        "pause": DecisionForm(prefix="pause"),
        "give_back": ReturnForm(prefix="return"),
        "end": DecisionForm(prefix="end"),
        "refused": next(iter(sent.values()), None),
        **sent,
    }
    status = next((form.status for form in sent.values()), 200)
    return render(request, "compute/allocation.html", context, status=status)


def _burn_down(allocation: Allocation, ahead: Forecast | None, now: datetime) -> Chart:
    """What was left at each month's end, against an even pace, and what is to come."""
    points = burn_down(
        granted=allocation.gpu_seconds,
        start=allocation.start,
        end=allocation.end,
        used={row.month: row.gpu_seconds for row in allocation.months_used.all()},
        today=now.astimezone(UTC).date(),
        a_day=ahead.a_day if ahead else None,
    )
    return Chart(
        caption=_("GPU-hours left at the end of each month"),
        first=_("Month"),
        series=[
            Series(_("left"), "bar", "used"),
            Series(_("left at an even pace"), "plan", "new"),
        ],
        rows=[
            ChartRow(
                date_format(point.month, "F Y"),
                [point.left, point.even],
                date_format(point.month, "M y"),
                point.is_ahead,
            )
            for point in points
        ],
    )

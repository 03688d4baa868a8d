"""Clusters: whether they are healthy, what is free, and what their operators have to do."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from compute import access
from compute.actions import clusters as actions
from compute.actions.accounting import correct_difference
from compute.actions.charging import set_charge_rule
from compute.actions.consents import record_consent, withdraw_consent
from compute.actions.maintenance import drop_maintenance, plan_maintenance
from compute.drawing import Drawing, Month
from compute.forms.clusters import (
    ChargeForm,
    ClusterForm,
    ConsentForm,
    MaintenanceForm,
    ReasonForm,
    StopForm,
)
from compute.models import CapacityMonth, Cluster, Job, Limit, Orphan, Pool
from compute.models.checks import accounting_of
from compute.models.outages import history_of
from compute.views.exports import CLUSTERS
from compute.views.months import later, this_month
from projects.access import fetch, portal_verbs, require_portal
from projects.pages import PageForm, SignedIn
from projects.roles import Verb
from projects.sheets import csv_of, wants_csv

MONTHS = 12
MOST_ORPHANS = 50


@login_required
def cluster_list(request: SignedIn) -> HttpResponseBase:
    """All clusters with their state and how fresh our view is."""
    now = timezone.now()
    current = CapacityMonth.objects.filter(month=this_month(now))
    pools = Pool.objects.prefetch_related(Prefetch("capacity", current, to_attr="current"))
    rows = Cluster.objects.visible_to(request.user).select_related("partner", "health")
    if wants_csv(request):
        return csv_of("clusters", rows, CLUSTERS)
    rows = rows.prefetch_related(Prefetch("pools", pools))
    connected: list[Cluster] = []
    known: list[Cluster] = []
    for cluster in rows:
        (known if cluster.public_record else connected).append(cluster)
    context = {"clusters": connected, "known": known, "now": now}
    return render(request, "compute/clusters.html", context)


@login_required
def cluster_page(request: SignedIn, slug: str) -> HttpResponse:
    """One cluster: health, pools, limits, and for its operators credentials and settings."""
    return _show(request, access.get_cluster(request.user, slug))


@require_POST
@login_required
def stop_submitting(request: SignedIn, slug: str) -> HttpResponse:
    """The kill switch of its operators."""
    cluster = access.get_cluster(request.user, slug, Verb.OPERATE_CLUSTER)
    form = ReasonForm(request.POST, prefix="stop")
    act = partial(actions.stop_submitting, by=request.user, cluster=cluster, now=timezone.now())
    if form.carried(request, act):
        messages.success(request, _("Nothing is submitted there any more; it is only read."))
        return redirect("cluster", cluster.slug)
    return _show(request, cluster, switch=form)


@require_POST
@login_required
def announce(request: SignedIn, slug: str) -> HttpResponse:
    """Its operators announce a maintenance."""
    cluster = access.get_cluster(request.user, slug, Verb.OPERATE_CLUSTER)
    form = MaintenanceForm(request.POST, prefix="away")
    act = partial(plan_maintenance, by=request.user, cluster=cluster, now=timezone.now())
    if form.carried(request, act):
        messages.success(request, _("Announced; who submits too long a job is told."))
        return redirect("cluster", cluster.slug)
    return _show(request, cluster, away=form)


@require_POST
@login_required
def charge(request: SignedIn, slug: str) -> HttpResponse:
    """Its operators say what the site charges for the use of a pool."""
    cluster = access.get_cluster(request.user, slug, Verb.OPERATE_CLUSTER)
    form = ChargeForm(request.POST, prefix="charge", pools=list(cluster.pools.all()))
    if form.carried(request, partial(set_charge_rule, by=request.user, now=timezone.now())):
        messages.success(request, _("Kept; use from that day on is shown so."))
        return redirect("cluster", cluster.slug)
    return _show(request, cluster, charge=form)


@require_POST
@login_required
def correct(request: SignedIn, slug: str, key: int) -> HttpResponse:
    """A quota admin books what the cluster says of one difference."""
    cluster = access.get_cluster(request.user, slug)
    require_portal(request.user, Verb.AWARD)
    row = access.get_difference(cluster, str(key))
    form = ReasonForm(request.POST, prefix="correct")
    act = partial(correct_difference, by=request.user, difference=row, now=timezone.now())
    if form.carried(request, act):
        messages.success(request, _("Booked as the cluster says."))
        return redirect("cluster", cluster.slug)
    return _show(request, cluster, correct=form)


@require_POST
@login_required
def consent(request: SignedIn, slug: str) -> HttpResponse:
    """Its operators record that the site agreed."""
    cluster = access.get_cluster(request.user, slug, Verb.OPERATE_CLUSTER)
    form = ConsentForm(request.POST, prefix="consent")
    act = partial(record_consent, by=request.user, cluster=cluster, now=timezone.now())
    if form.carried(request, act):
        messages.success(request, _("Recorded."))
        return redirect("cluster", cluster.slug)
    return _show(request, cluster, consent=form)


@require_POST
@login_required
def withdraw(request: SignedIn, slug: str, key: int) -> HttpResponse:
    """The site does not agree any more."""
    cluster = access.get_cluster(request.user, slug, Verb.OPERATE_CLUSTER)
    row = access.get_consent(cluster, str(key))
    form = ReasonForm(request.POST, prefix="withdraw")
    act = partial(withdraw_consent, by=request.user, consent=row, now=timezone.now())
    if form.carried(request, act):
        messages.success(request, _("Withdrawn; the portal only reads there now."))
        return redirect("cluster", cluster.slug)
    return _show(request, cluster, withdraw=form)


@require_POST
@login_required
def call_off(request: SignedIn, slug: str, key: str) -> HttpResponse:
    """A maintenance does not take place."""
    cluster = access.get_cluster(request.user, slug, Verb.OPERATE_CLUSTER)
    planned = fetch(cluster.maintenance.all(), key)
    drop_maintenance(by=request.user, planned=planned, now=timezone.now())
    messages.success(request, _("It does not take place."))
    return redirect("cluster", cluster.slug)


def _show(request: SignedIn, cluster: Cluster, **sent: PageForm) -> HttpResponse:
    user, now = request.user, timezone.now()
    operates = Verb.OPERATE_CLUSTER in access.cluster_verbs(user, cluster)
    start = this_month(now)
    window = CapacityMonth.objects.filter(month__gte=start, month__lt=later(start, MONTHS))
    pools = list(
        cluster.pools.prefetch_related(
            Prefetch("capacity", window, to_attr="window"), "charge_rules"
        )
    )
    limits = Limit.objects.visible_to(user).filter(allocation__pool__cluster=cluster)
    live = Job.objects.visible_to(user).filter(cluster=cluster).live()
    context: dict[str, Any] = {
        "cluster": cluster,
        "now": now,
        "pools": [(pool, Drawing(_months(pool))) for pool in pools],
        "limits": limits.select_related("allocation__project", "allocation__pool")[:100],
        "jobs": live.select_related("project", "cluster").defer("script")[:20],
        "operates": operates,
        "reports": cluster.connection == Cluster.Connection.NONE
        and access.may_report(user, cluster),
        "charge": ChargeForm(prefix="charge", pools=pools),
        "orphans": Orphan.objects.visible_to(user).filter(cluster=cluster)[:MOST_ORPHANS],
        "credentials": cluster.credentials.order_by("unix_user") if operates else [],
        "accounting": accounting_of(cluster, most=20)
        if access.sees_accounting(user, cluster)
        else None,
        "switch": ReasonForm(prefix="stop"),
        "correct": ReasonForm(prefix="correct"),
        "may_correct": Verb.AWARD in portal_verbs(user),
        "consents": cluster.consents.select_related("recorded_by") if operates else [],
        "consent": ConsentForm(prefix="consent"),
        "withdraw": ReasonForm(prefix="withdraw"),
        "history": history_of(cluster, now),
        "maintenance": cluster.maintenance.to_come(now),
        "away": MaintenanceForm(prefix="away"),
        **sent,
    }
    status = next((form.status for form in sent.values()), 200)
    return render(request, "compute/cluster.html", context, status=status)


@login_required
def edit_cluster(request: SignedIn, slug: str) -> HttpResponse:
    """Its operators change its record."""
    cluster = access.get_cluster(request.user, slug, Verb.OPERATE_CLUSTER)
    initial = {name: getattr(cluster, name) for name in ClusterForm.base_fields}
    form = ClusterForm(request.POST or None, initial=initial)
    if form.carried(
        request,
        lambda **values: actions.update_cluster(
            by=request.user, cluster=cluster, values=values, now=timezone.now()
        ),
    ):
        messages.success(request, _("The cluster's record was changed."))
        return redirect("cluster", cluster.slug)
    context = {"form": form, "cluster": cluster}
    return render(request, "compute/cluster_form.html", context, status=form.status)


@require_POST
@login_required
def enable_dispatch(request: SignedIn, slug: str) -> HttpResponse:
    """Its operators have looked at what it did while the database was away."""
    cluster = access.get_cluster(request.user, slug, Verb.OPERATE_CLUSTER)
    form = StopForm(request.POST)
    if not form.is_valid():
        return redirect("cluster", cluster.slug)
    actions.enable_dispatch(
        by=request.user, cluster=cluster, stop=form.cleaned_data["stop"], now=timezone.now()
    )
    messages.success(request, _("Jobs are handed over to %(name)s again.") % {"name": cluster})
    return redirect("cluster", cluster.slug)


def _months(pool: Any) -> list[Month]:
    return [Month(row.month, row.offered, row.granted, kept=row.reserved) for row in pool.window]

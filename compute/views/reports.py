"""Usage of clusters that are not connected: look first, then book, take back if wrong."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from compute import access
from compute.actions import usage_reports as actions
from compute.actions.usage_preview import preview_report
from compute.forms.reports import UsageReportForm
from compute.models import UsageReport
from projects.pages import SignedIn
from projects.roles import Verb

SHOWN = 20


@login_required
def report_usage(request: SignedIn, slug: str) -> HttpResponse:
    """A table is looked at first; what it would change is shown before it is booked."""
    user = request.user
    cluster = access.get_cluster(user, slug)
    access.require_report(user, cluster)
    allocations = access.reportable_allocations(user, cluster)
    form = UsageReportForm(request.POST or None, request.FILES or None)
    preview = None
    if form.sent_by(request):
        what: dict[str, Any] = {
            "by": user,
            "operates": Verb.REPORT_USAGE in access.cluster_verbs(user, cluster),
            "cluster": cluster,
            "allocations": allocations,
            "text": form.cleaned_data["text"],
            "now": timezone.now(),
        }
        with form.told():
            if form.cleaned_data["sure"]:
                actions.report_usage(**what)
                messages.success(request, _("Booked. It can be taken back below."))
                return redirect("cluster-report", cluster.slug)
            preview = preview_report(**what)
    reports = UsageReport.objects.visible_to(user).filter(cluster=cluster)
    context = {
        "cluster": cluster,
        "form": form,
        "preview": preview,
        "text": form.cleaned_data.get("text", "") if form.is_bound and form.is_valid() else "",
        "accounts": allocations.select_related("project")[:50],
        "reports": reports.select_related("by").defer("text")[:SHOWN],
        "verbs": access.cluster_verbs(user, cluster),
    }
    return render(request, "compute/report.html", context, status=form.status)


@require_POST
@login_required
def undo(request: SignedIn, key: str) -> HttpResponse:
    """Take a report back."""
    report = access.get_report(request.user, key, Verb.REPORT_USAGE)
    actions.undo_report(by=request.user, report=report, now=timezone.now())
    messages.success(request, _("Taken back; what it booked is reversed in the ledger."))
    return redirect("cluster-report", report.cluster.slug)

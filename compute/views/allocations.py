"""Allocations: what is left, why, and whether the cluster enforces it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from compute import access
from compute.forms.clusters import AllocationFilters
from compute.models import Allocation
from compute.views.steps import limit_steps
from projects.access import project_verbs
from projects.pages import SignedIn, page_of

SHOWN = 50


@login_required
def allocation_list(request: SignedIn) -> HttpResponse:
    """The allocations one may see, newest first."""
    filters = AllocationFilters(request.GET)
    rows = Allocation.objects.visible_to(request.user).filter(**filters.chosen())
    rows = rows.select_related("project", "pool__cluster", "balance", "limit")
    page = page_of(rows, request.GET, by="created_at")
    return render(request, "compute/allocations.html", {"page": page, "filters": filters})


@login_required
def allocation_page(request: SignedIn, key: str) -> HttpResponse:
    """One allocation with its balance, the proof of its limit, its ledger and its use."""
    now = timezone.now()
    allocation = access.get_allocation(request.user, key)
    entries = allocation.entries.select_related("job")
    context: dict[str, Any] = {
        "allocation": allocation,
        "balance": allocation.balance,
        "cluster": allocation.pool.cluster,
        "now": now,
        "is_open": allocation.is_open(now),
        "is_stale": allocation.pool.cluster.health.is_stale(now),
        "days_left": (allocation.end - now.date()).days,
        "steps": limit_steps(allocation),
        "verbs": project_verbs(request.user, allocation.project),
        "ledger": page_of(entries, request.GET, by="sequence", size=SHOWN),
        "usage": allocation.usage.select_related("job")[:SHOWN],
        "jobs": allocation.jobs.order_by("-submitted_at")[:10],
    }
    return render(request, "compute/allocation.html", context)

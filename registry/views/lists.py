"""Pages that show many models: the list with its facets, the same as CSV, and a comparison."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import render

from projects.access import as_uuid
from projects.errors import NotThere
from projects.pages import SignedIn, page_of
from projects.sheets import csv_of
from registry.filters import ModelFilters
from registry.models import Model
from registry.models.figures import best_figures
from registry.views.facets import facets_of
from registry.views.facts import compared

MOST_COMPARED = 4
COLUMNS = (
    "qualified", "state", "modality_in", "modality_out", "languages", "tasks", "domains",
    "training_mode", "parameters", "tokens", "licence", "hub_id", "window_start", "window_end",
    "created_at", "confirmed_at", "id",
)  # fmt: skip


@login_required
def model_list(request: SignedIn) -> HttpResponse:
    """What exists and what is planned, as far as one may see it, with counts to narrow it by."""
    rows, filters = _filtered(request)
    page = page_of(rows.select_related("group__partner"), request.GET, by="created_at")
    kept = {name: str(value) for name, value in request.GET.items() if value and name != "before"}
    context = {
        "page": page,
        "form": filters.form,
        "facets": facets_of(rows, kept),
        "chosen": kept,
        "query": request.GET.urlencode(),
    }
    return render(request, "registry/models.html", context)


@login_required
def model_csv(request: SignedIn) -> StreamingHttpResponse:
    """The filtered list as CSV, row by row."""
    rows, _filters = _filtered(request)
    return csv_of("models", rows.order_by("-created_at", "-id"), {name: name for name in COLUMNS})


@login_required
def compare(request: SignedIn) -> HttpResponse:
    """Up to four models side by side, differences first."""
    keys = list(dict.fromkeys(filter(None, map(as_uuid, request.GET.getlist("m")))))
    rows = Model.objects.visible_to(request.user).select_related("group__partner")
    found = {model.pk: model for model in rows.filter(pk__in=keys)}
    models = [found[key] for key in keys if key in found][:MOST_COMPARED]
    context = {
        "models": models,
        "facts": compared(models, best_figures(models)),
        "left_out": len(keys) > MOST_COMPARED,
    }
    return render(request, "registry/compare.html", context)


def _filtered(request: SignedIn) -> tuple[QuerySet[Model], Any]:
    """Visible models by the address's filters. Raises NotThere for what no link of ours has."""
    data: QueryDict = request.GET
    rows = Model.objects.visible_to(request.user)
    filters = ModelFilters(data, queryset=rows, request=request)
    if not filters.is_valid():
        raise NotThere
    return filters.qs, filters

"""The planner: what a training would take, in each pool that one may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import F, Sum
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from compute.forms.planner import PlannerForm
from compute.models import CapacityMonth, Pool, Request, RequestLine
from compute.models.measured_rates import measured_rates
from compute.planner import Estimate, Rate, calibrated, estimate, far_off, training_flop
from compute.views.months import later, this_month
from projects.models import User
from projects.pages import SignedIn
from registry.access import get_model
from registry.models import Model

FREE_MONTHS = 6


@dataclass(frozen=True, slots=True)
class Row:
    """One pool with its estimate and what it has free in the next months."""

    pool: Pool
    found: Estimate
    free_gpu_seconds: int


@login_required
def planner_page(request: SignedIn) -> HttpResponse:
    """From parameters and tokens to GPU-hours; a model's own if the link names one."""
    model = get_model(request.user, request.GET["model"]) if request.GET.get("model") else None
    asked = "parameters" in request.GET or "tokens" in request.GET
    initial = {"parameters": _counted(model), "tokens": model.tokens} if model else {}
    known = bool(initial.get("parameters") and initial.get("tokens"))
    data: Any = request.GET if asked else initial if known else None
    form = PlannerForm(data, initial=initial)
    context: dict[str, Any] = {"form": form, "model": model}
    if data is not None and form.is_valid():
        context |= _plan(request.user, form.cleaned_data)
    return render(request, "compute/planner.html", context)


def line_estimates(
    request: Request, lines: list[RequestLine], user: User
) -> list[tuple[RequestLine, Estimate, str]]:
    """For the lines of a training request: the estimate beside each, and whether it is far off."""
    facts = request.facts or (request.model.facts() if request.model else {})
    parameters = facts.get("active_parameters") or facts.get("parameters")
    tokens = facts.get("tokens")
    if request.purpose != Request.Purpose.TRAINING or not parameters or not tokens:
        return []
    flop = training_flop(parameters=parameters, tokens=tokens)  # type: ignore[arg-type]
    rate = calibrated(measured_rates(user))
    total = sum(line.gpu_seconds for line in lines) or 1
    found = []
    for line in lines:
        if line.pool.h100_weight:
            # Several lines share the training as they share the hours.
            part = _of_pool(flop * line.gpu_seconds / total, rate, line.pool, line.pool.gpu_count)
            found.append((line, part, far_off(line.gpu_seconds / 3600, part)))
    return found


def _counted(model: Model) -> int | None:
    return model.active_parameters or model.parameters


def _plan(user: User, values: dict[str, Any]) -> dict[str, Any]:
    flop = training_flop(parameters=values["parameters"], tokens=values["tokens"])
    rate = calibrated(measured_rates(user))
    pools = Pool.objects.visible_to(user).exclude(h100_weight=None).select_related("cluster")
    start = this_month(timezone.now())
    months = CapacityMonth.objects.filter(month__gte=start, month__lt=later(start, FREE_MONTHS))
    left = Sum(F("offered") - F("granted") - F("reserved"))
    free = dict(months.order_by().values_list("pool").annotate(left=left))
    rows = [
        Row(pool, _of_pool(flop, rate, pool, values["gpus"]), free.get(pool.pk, 0))
        for pool in pools
    ]
    return {
        "flop": flop,
        "rate": rate,
        "rows": rows,
        "gpus": values["gpus"],
        "widest": max((round(row.found.hours_high) for row in rows), default=1),
        "free_months": FREE_MONTHS,
    }


def _of_pool(flop: float, rate: Rate, pool: Pool, gpus: int) -> Estimate:
    weight = float(pool.h100_weight or 1)
    return estimate(flop, rate, weight=weight, gpus=gpus, watts=pool.gpu_watts)

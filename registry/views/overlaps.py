"""Pages of similar efforts: the queue, one pair, and what a plan resembles while it is typed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import F
from django.db.models.functions import Round
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from projects.access import portal_verbs, require_portal
from projects.pages import SignedIn
from projects.roles import Verb
from projects.sheets import csv_of, wants_csv
from registry.access import get_model, get_overlap, version_named
from registry.actions.cases import open_case
from registry.actions.readings import note_reading
from registry.detect import Described, look_around
from registry.forms.cases import OverlapFilters
from registry.forms.plans import NewPlanForm
from registry.models import Case, Model, Overlap
from registry.models.figures import best_figures
from registry.models.models import BULKY
from registry.models.overlaps import KIND_LABELS, sees_confidential
from registry.models.plans import candidate_of_facts
from registry.models.walks import common_lineage
from registry.overlap.scorer import LINE, Kind
from registry.views.facts import compared
from registry.views.timelines import time_lines
from registry.views.waterfall import Bar, bars_of

SHOWN = 8  # neighbours in a panel, and bars of each
PER_PAGE = 50
ABOVE = 500  # derivations read above each of a pair
MOST = 500  # pairs read for one page of the queue
COLUMNS = {
    "id": "id", "a": "a__qualified", "b": "b__qualified", "kind": "kind",
    "probability": "probability", "facts_alike": "facts_alike", "facts_told": "facts_told",
    "confidential": "is_confidential", "found_at": "found_at", "assessed_at": "assessed_at",
}  # fmt: skip
STAKE = {f"stake_{end}_gpu_hours": Round(F(f"stake_{end}") / 3600.0, 1) for end in ("low", "high")}


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One row of a panel: an effort that the reader may see, and why it is like theirs."""

    model: Model
    percent: int
    kind: str
    label: Any
    bars: list[Bar]
    what_if: str
    stake: tuple[float, float]
    alike: tuple[int, int]
    is_flagged: bool


@login_required
def queue(request: SignedIn) -> HttpResponseBase:
    """Pairs by probability × stake for coordinators; own pairs for groups."""
    user = request.user
    rows = Overlap.objects.visible_to(user).select_related(
        "a__group__partner", "b__group__partner"
    )
    rows = rows.defer(*(f"{side}__{name}" for side in "ab" for name in BULKY))
    filters = OverlapFilters(request.GET)
    decides = sees_confidential(user)
    rows = filters.narrowed(rows)
    if wants_csv(request):
        columns = COLUMNS | STAKE if decides else COLUMNS
        return csv_of("similar-efforts", rows.order_by("-probability", "id"), columns)
    order = ("-urgency", "-probability", "id") if decides else ("-probability", "id")
    found = list(rows.order_by(*order)[:MOST])
    page, further = _once_for_each_plan(found)
    cases = _cases_of(page[:PER_PAGE])
    context = {
        "rows": [
            (row, cases.get(row.pk), round(row.probability * 100), further.get(row.pk))
            for row in page[:PER_PAGE]
        ],
        "has_more": len(page) > PER_PAGE or len(found) == MOST,
        "filters": filters,
        "decides": decides,
        "labels": dict(KIND_LABELS),
        "now": timezone.now(),
    }
    return render(request, "registry/overlaps.html", context)


@login_required
def pair(request: SignedIn, key: str) -> HttpResponse:
    """Why two efforts are alike, and what now."""
    user = request.user
    row = get_overlap(user, key)
    if row.is_confidential:
        note_reading(by=user, about=row, now=timezone.now())
    return render(request, "registry/overlap.html", pair_context(row, user))


def pair_context(row: Overlap, user: Any) -> dict[str, Any]:
    """What the page of a pair and of its case show of it."""
    models = [row.a, row.b]
    return {
        "row": row,
        "percent": round(row.probability * 100),
        "bars": bars_of(row.reasons),
        "facts": compared(models, best_figures(models)),
        "lines": time_lines(models, timezone.now().date()),
        "lineage": common_lineage(
            user, row.a.newest_version().pk, row.b.newest_version().pk, above=ABOVE
        ),
        "cases": Case.objects.visible_to(user).filter(overlaps=row),
        "may_handle": Verb.HANDLE_CASE in portal_verbs(user),
        "decides": sees_confidential(user),
        "is_stale": max(m.updated_at for m in models) > row.assessed_at,
        "changed_at": max(m.updated_at for m in models),
    }


@require_POST
@login_required
def take_up(request: SignedIn, key: str) -> HttpResponse:
    """Open a case about a pair."""
    user = request.user
    require_portal(user, Verb.HANDLE_CASE)
    row = get_overlap(user, key)
    reason = request.POST.get("reason", "")[:10_000]
    case = open_case(by=user, overlaps=[row], because=reason, now=timezone.now())
    messages.success(
        request, _("Case %(code)s is open. Write to the groups next.") % {"code": case.code}
    )
    return redirect("case", case.pk)


@require_POST
@login_required
def check_plan(request: SignedIn) -> HttpResponse:
    """What a plan resembles among what the person may see; nothing is kept of what was typed."""
    user = request.user
    own = request.POST.get("own")
    model = get_model(user, own, Verb.EDIT_MODEL) if own else None
    form = NewPlanForm(request.POST, person=user).relaxed()
    return render(request, "registry/plan.html#similar", similar_to_typed(user, form, model))


def similar_to_typed(user: Any, form: NewPlanForm, model: Model | None) -> dict[str, Any]:
    """The efforts that what was typed so far resembles; wrong fields count as unknown."""
    typed = form.typed()
    parent = version_named(user, typed["parent"], home=None) if typed.get("parent") else None
    mine = candidate_of_facts(user, typed, model=model, parent=parent)
    knows_enough = bool(mine.effort.modality_out and (mine.effort.languages or mine.effort.tasks))
    rows = look_around(mine, user, now=timezone.now(), most=SHOWN) if knows_enough else []
    return {
        "neighbours": shown_neighbours(rows),
        "knows_enough": knows_enough,
        "checked": True,
    }


def shown_neighbours(rows: Iterable[Described]) -> list[Neighbour]:
    """What was found as rows of a panel, in the reader's language."""
    found = list(rows)
    models = Model.objects.select_related("group__partner").in_bulk(
        [UUID(row.key) for row in found]
    )
    labels: dict[str, Any] = dict(KIND_LABELS)
    return [
        Neighbour(
            model=models[UUID(row.key)],
            percent=round(row.probability * 100),
            kind=row.kind,
            label=labels[row.kind],
            bars=bars_of(row.reasons, SHOWN),
            what_if=_said(row.counterfactual),
            stake=(row.stake.low, row.stake.high),
            alike=row.alike,
            is_flagged=row.probability >= LINE,
        )
        for row in found
    ]


def _said(both: dict[str, str] | None) -> str:
    if not both:
        return ""
    return both["de" if (get_language() or "en").startswith("de") else "en"]


def _once_for_each_plan(
    rows: list[Overlap],
) -> tuple[list[Overlap], dict[UUID, tuple[Model, int]]]:
    """The pairs with one released model for each plan, the likeliest; and how many more there are.

    A plan resembles many released models at once; what else is planned must not drown in them.
    """
    best: dict[UUID, Overlap] = {}
    counts: dict[UUID, int] = {}
    kept = []
    for row in rows:
        if row.kind != Kind.REUSE_CANDIDATE:
            kept.append(row)
            continue
        plan = row.a if row.a.is_open() else row.b
        if plan.pk not in best:
            best[plan.pk] = row
            kept.append(row)
        else:
            counts[plan.pk] = counts.get(plan.pk, 0) + 1
    plans = {row.pk: row.a if row.a.is_open() else row.b for row in best.values()}
    further = {key: (plan, counts[plan.pk]) for key, plan in plans.items() if plan.pk in counts}
    return kept, further


def _cases_of(rows: list[Overlap]) -> dict[Any, Case]:
    through = Case.overlaps.through.objects.filter(overlap__in=[row.pk for row in rows])
    return {link.overlap_id: link.case for link in through.select_related("case")}

"""Requests: the list, asking, and deciding."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Sum
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from compute import access
from compute.actions import requests as actions
from compute.forms.requests import (
    AwardForm,
    CommentForm,
    MessageForm,
    RequestFilters,
    RequestForm,
    asks,
    line_forms,
    typed_lines,
)
from compute.models import Allocation, AwardSignature, Request
from compute.models.requests import STATE_LABELS
from compute.quota import gpu_hours
from compute.views.exports import REQUESTS, exported
from compute.views.months import line_drawings
from compute.views.planner import line_estimates
from projects.access import belongs_to, get_project, project_verbs
from projects.models import User
from projects.pages import PageForm, SignedIn, page_of
from projects.roles import Verb
from projects.sheets import wants_csv
from registry.actions.cases import open_cases_about
from registry.detect import neighbours
from registry.models import Case, Model
from registry.views.overlaps import shown_neighbours

SIMILAR = 4


@login_required
def request_list(request: SignedIn) -> HttpResponseBase:
    """What waits for whom, newest first."""
    filters = RequestFilters(request.GET)
    rows = Request.objects.visible_to(request.user).annotate(asked=Sum("lines__gpu_seconds"))
    rows = rows.filter(**filters.chosen()).select_related("project")
    if wants_csv(request):
        return exported("requests", rows, REQUESTS)
    page = page_of(rows, request.GET, by="created_at")
    return render(request, "compute/requests.html", {"page": page, "filters": filters})


@login_required
def new_request(request: SignedIn) -> HttpResponse:
    """Ask for GPU-hours; the answer is a draft that its project can still change."""
    user = request.user
    form = RequestForm(request.POST or None, person=user, initial=_chosen(request))
    lines = line_forms(user, request.POST or None)
    if form.sent_by(request) and _are_fine(form, lines):
        with form.told():
            project = get_project(user, form.cleaned_data["project"].pk, Verb.REQUEST_COMPUTE)
            made = actions.create_request(
                by=user, project=project, asked=form.asked(asks(lines)), now=timezone.now()
            )
            return redirect("request", made.pk)
    context = {"form": form, "lines": lines}
    return render(request, "compute/request_form.html", context, status=form.status)


@login_required
def edit_request(request: SignedIn, key: str) -> HttpResponse:
    """Change a draft, or what was sent back."""
    user = request.user
    row = access.get_request(user, key, Verb.REQUEST_COMPUTE)
    names = ("project", "kind", "allocation", "purpose", "model", "justification",
             "why_not_reasons", "why_not_text")  # fmt: skip
    initial = {name: getattr(row, name) for name in names}
    if row.returned_gpu_seconds:
        initial["return_gpu_hours"] = gpu_hours(row.returned_gpu_seconds)
    form = RequestForm(request.POST or None, person=user, initial=initial)
    form.fields["project"].disabled = True
    lines = line_forms(user, request.POST or None, initial=typed_lines(row.lines.all()))
    if form.sent_by(request) and _are_fine(form, lines):
        with form.told():
            actions.update_request(
                by=user, request=row, asked=form.asked(asks(lines)), now=timezone.now()
            )
            return redirect("request", row.pk)
    context = {"form": form, "lines": lines, "row": row}
    return render(request, "compute/request_form.html", context, status=form.status)


@login_required
def one_more_line(request: SignedIn) -> HttpResponse:
    """A blank line for the form, and its count put right."""
    lines = line_forms(request.user)
    given = request.GET.get("lines-TOTAL_FORMS", "")
    number = min(int(given), 49) if given.isdecimal() and len(given) < 3 else 2
    form = lines.empty_form
    form.prefix = f"lines-{number}"
    context = {"line": form, "number": number + 1}
    return render(request, "compute/request_form.html#line_added", context)


@login_required
def request_page(request: SignedIn, key: str) -> HttpResponse:
    """How much, and why; for those who decide, the decision."""
    return show_request(request, access.get_request(request.user, key))


def show_request(request: SignedIn, row: Request, **sent: PageForm) -> HttpResponse:
    """The page, with the one form that was sent and refused, if any, as it was typed."""
    user, now = request.user, timezone.now()
    row.refresh_from_db(fields=["state", "decided_at", "decided_by", "decision_reason"])
    lines = list(
        row.lines.select_related("pool__cluster", "allocation__balance").prefetch_related("awards")
    )
    earlier = Allocation.objects.visible_to(user).filter(project=row.project)
    model = Model.objects.visible_to(user).filter(pk__in=[row.model_id]).first()
    cases = _cases(user, row)
    held = any(case.holds_at(now) for case in cases)
    context: dict[str, Any] = {
        "row": row,
        "now": now,
        "lines": lines,
        "model": model,
        "neighbours": shown_neighbours(neighbours(model, user, now=now, most=SIMILAR))
        if model
        else [],
        "cases": cases,
        "held": held,
        "asked": row.gpu_seconds,
        "messages_of": row.messages.select_related("by"),
        "recusals": row.recusals.select_related("user"),
        "is_recused": row.recusals.filter(user=user).exists(),
        "signature": AwardSignature.objects.filter(request=row).select_related("by").first(),
        "may_talk": {Verb.REVIEW_REQUEST, Verb.REQUEST_COMPUTE} & project_verbs(user, row.project),
        "awarded": sum(award.gpu_seconds for line in lines for award in line.awards.all()),
        "estimates": line_estimates(row, lines, user),
        "drawings": line_drawings(lines, now) if not row.decided_at else [],
        "earlier": earlier.exclude(line__request=row).select_related("pool", "balance"),
        "reasons": [Request.WhyNot(reason).label for reason in row.why_not_reasons],
        "state_labels": STATE_LABELS,
        "moves": row.moves.select_related("by"),
        "verbs": project_verbs(user, row.project),
        "is_own": belongs_to(user, row.project),
        "award": AwardForm(lines=lines, held=held),
        "back": CommentForm(prefix="back"),
        "deny": CommentForm(prefix="deny"),
        "recuse": CommentForm(prefix="recuse"),
        "appeal": CommentForm(prefix="appeal"),
        "say": MessageForm(prefix="say"),
        "refused": next(iter(sent.values()), None),
        **sent,
    }
    status = next((form.status for form in sent.values()), 200)
    return render(request, "compute/request.html", context, status=status)


def _cases(user: User, row: Request) -> list[Case]:
    """Open cases about the request's model, for those who decide; applicants see none."""
    if row.model is None or Verb.REVIEW_REQUEST not in project_verbs(user, row.project):
        return []
    return open_cases_about([row.model])


def _chosen(request: SignedIn) -> dict[str, Any]:
    """What the link to the form already says: the project by its short name, and the model."""
    chosen: dict[str, Any] = {"model": request.GET.get("model")}
    if request.GET.get("model"):
        chosen["purpose"] = Request.Purpose.TRAINING
    if request.GET.get("project"):
        chosen["project"] = get_project(request.user, request.GET["project"]).pk
    return chosen


def _are_fine(form: PageForm, lines: Any) -> bool:
    if not lines.is_valid():
        form.status = 400
        return False
    return True

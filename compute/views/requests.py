"""Requests: the list, asking, and deciding."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Sum
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from compute import access
from compute.actions import awards, reviewing
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
from compute.states import RequestState
from compute.views.months import line_drawings
from compute.views.planner import line_estimates
from projects.access import belongs_to, get_project, project_verbs
from projects.models import User
from projects.pages import PageForm, SignedIn, page_of
from projects.roles import Verb
from registry.actions.cases import open_cases_about
from registry.detect import neighbours
from registry.models import Case, Model
from registry.views.overlaps import shown_neighbours

SIMILAR = 4


@login_required
def request_list(request: SignedIn) -> HttpResponse:
    """What waits for whom, newest first."""
    filters = RequestFilters(request.GET)
    rows = Request.objects.visible_to(request.user).filter(**filters.chosen())
    rows = rows.select_related("project").annotate(asked=Sum("lines__gpu_seconds"))
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
    return _show(request, access.get_request(request.user, key))


@require_POST
@login_required
def submit(request: SignedIn, key: str) -> HttpResponse:
    """Hand a draft in."""
    row = access.get_request(request.user, key, Verb.REQUEST_COMPUTE)
    form = PageForm(request.POST)
    form.is_valid()
    with form.told():
        actions.submit_request(by=request.user, request=row, now=timezone.now())
        messages.success(request, _("Handed in. The reviewers have been asked."))
        return redirect("request", row.pk)
    return _show(request, row, hand_in=form)


@require_POST
@login_required
def withdraw(request: SignedIn, key: str) -> HttpResponse:
    """Take a request back."""
    row = access.get_request(request.user, key, Verb.REQUEST_COMPUTE)
    actions.withdraw_request(by=request.user, request=row, now=timezone.now())
    messages.success(request, _("The request was withdrawn."))
    return redirect("request", row.pk)


@require_POST
@login_required
def review(request: SignedIn, key: str) -> HttpResponse:
    """Take a request on."""
    row = access.get_request(request.user, key, Verb.REVIEW_REQUEST)
    actions.review_request(by=request.user, request=row, comment="", now=timezone.now())
    messages.success(request, _("You have taken this request on."))
    return redirect("request", row.pk)


@require_POST
@login_required
def award(request: SignedIn, key: str) -> HttpResponse:
    """Grant all or part."""
    row = access.get_request(request.user, key, Verb.AWARD)
    lines = row.lines.select_related("pool__cluster")
    form = AwardForm(request.POST, lines=lines, held=True)
    if form.sent_by(request):
        with form.told():
            awards.award(
                by=request.user,
                request=row,
                grants=form.grants(),
                reason=form.cleaned_data["reason"],
                exception=form.cleaned_data["exception"],
                now=timezone.now(),
            )
            row.refresh_from_db(fields=["state"])
            messages.success(request, _what_became(row))
            return redirect("request", row.pk)
    return _show(request, row, award=form)


@require_POST
@login_required
def recuse(request: SignedIn, key: str) -> HttpResponse:
    """Keep out of the decision."""
    row = access.get_request(request.user, key, Verb.REVIEW_REQUEST)
    form = CommentForm(request.POST, prefix="recuse")
    if form.sent_by(request):
        with form.told():
            reason = form.cleaned_data["comment"]
            reviewing.recuse(by=request.user, request=row, reason=reason, now=timezone.now())
            messages.success(request, _("You keep out of this decision; others decide."))
            return redirect("request", row.pk)
    return _show(request, row, recuse=form)


@require_POST
@login_required
def appeal(request: SignedIn, key: str) -> HttpResponse:
    """Ask another quota admin to decide on what was denied."""
    row = access.get_request(request.user, key, Verb.REQUEST_COMPUTE)
    form = CommentForm(request.POST, prefix="appeal")
    if form.sent_by(request):
        with form.told():
            reason = form.cleaned_data["comment"]
            reviewing.appeal(by=request.user, request=row, reason=reason, now=timezone.now())
            messages.success(request, _("Another quota admin decides on it now."))
            return redirect("request", row.pk)
    return _show(request, row, appeal=form)


@require_POST
@login_required
def say(request: SignedIn, key: str) -> HttpResponse:
    """Write to the other side."""
    row = access.get_request(request.user, key)
    access.require_talk(request.user, row)
    form = MessageForm(request.POST, prefix="say")
    if form.sent_by(request):
        with form.told():
            text = form.cleaned_data["comment"]
            reviewing.say(by=request.user, request=row, text=text, now=timezone.now())
            return redirect(f"{reverse('request', args=[row.pk])}#talk")
    return _show(request, row, say=form)


@require_POST
@login_required
def send_back(request: SignedIn, key: str) -> HttpResponse:
    """Ask the applicants for changes."""
    row = access.get_request(request.user, key, Verb.REVIEW_REQUEST)
    form = CommentForm(request.POST, prefix="back")
    if form.sent_by(request):
        with form.told():
            comment = form.cleaned_data["comment"]
            actions.return_request(
                by=request.user, request=row, comment=comment, now=timezone.now()
            )
            messages.success(request, _("Sent back to the applicants."))
            return redirect("request", row.pk)
    return _show(request, row, back=form)


@require_POST
@login_required
def deny(request: SignedIn, key: str) -> HttpResponse:
    """Say no, with a reason."""
    row = access.get_request(request.user, key, Verb.AWARD)
    form = CommentForm(request.POST, prefix="deny")
    if form.sent_by(request):
        with form.told():
            reason = form.cleaned_data["comment"]
            actions.deny_request(by=request.user, request=row, reason=reason, now=timezone.now())
            messages.success(request, _("Denied; the applicants read your reason."))
            return redirect("request", row.pk)
    return _show(request, row, deny=form)


def _show(request: SignedIn, row: Request, **sent: PageForm) -> HttpResponse:
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


def _what_became(row: Request) -> str:
    if row.state != RequestState.AWARDED:
        return _("Signed. It is awarded once another quota admin signs the same.")
    if row.asks_for_lines and row.kind != Request.Kind.EXTENSION:
        return _("Awarded. The limit is being set on the cluster.")
    return _("Granted. The allocation was changed.")


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

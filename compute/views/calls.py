"""The calendar of calls: where GPU-hours can be asked for, and until when."""

from __future__ import annotations

from datetime import UTC
from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from compute.actions.calls import drop_call, keep_call
from compute.forms.calls import CallForm
from compute.models import Call
from compute.views.exports import CALLS
from projects.access import fetch, portal_verbs, require_portal
from projects.pages import SignedIn
from projects.roles import Verb
from projects.sheets import csv_of, wants_csv

MOST = 200


@login_required
def call_list(request: SignedIn) -> HttpResponseBase:
    """What is to come, the nearest deadline first; what is over, folded."""
    rows = Call.objects.visible_to(request.user)
    if wants_csv(request):
        return csv_of("calls", rows, CALLS)
    today = timezone.now().astimezone(UTC).date()
    context = {
        "to_come": rows.to_come(today)[:MOST],
        "over": rows.filter(closes_on__lt=today)[:MOST],
        "today": today,
        "may_keep": Verb.KEEP_CALLS in portal_verbs(request.user),
    }
    return render(request, "compute/calls.html", context)


@login_required
def new_call(request: SignedIn) -> HttpResponse:
    """Coordinators enter one."""
    require_portal(request.user, Verb.KEEP_CALLS)
    form = CallForm(request.POST or None)
    if form.carried(request, partial(_keep, request, None)):
        return redirect("calls")
    return render(request, "compute/call_form.html", {"form": form}, status=form.status)


@login_required
def edit_call(request: SignedIn, key: str) -> HttpResponse:
    """Coordinators bring one up to date."""
    call = fetch(Call.objects.visible_to(request.user), key)
    require_portal(request.user, Verb.KEEP_CALLS)
    names = CallForm.base_fields
    initial = {name: getattr(call, name) for name in names}
    form = CallForm(request.POST or None, initial=initial)
    if form.carried(request, partial(_keep, request, call)):
        return redirect("calls")
    context = {"form": form, "call": call}
    return render(request, "compute/call_form.html", context, status=form.status)


@require_POST
@login_required
def drop(request: SignedIn, key: str) -> HttpResponse:
    """It was entered by mistake."""
    call = fetch(Call.objects.visible_to(request.user), key)
    require_portal(request.user, Verb.KEEP_CALLS)
    drop_call(by=request.user, call=call, now=timezone.now())
    messages.success(request, _("Taken off the calendar."))
    return redirect("calls")


def _keep(request: SignedIn, call: Call | None, **values: object) -> None:
    keep_call(by=request.user, call=call, now=timezone.now(), **values)  # type: ignore[arg-type]
    messages.success(request, _("The calendar was kept."))

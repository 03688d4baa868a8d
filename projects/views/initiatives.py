"""Keeping initiatives; what they show joins all apps and stands elsewhere."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from projects import access
from projects.actions.initiatives import drop_initiative, keep_initiative
from projects.errors import Conflict
from projects.forms import InitiativeForm
from projects.models import Initiative
from projects.pages import SignedIn
from projects.roles import Verb

TEMPLATE = "projects/initiative_form.html"


@login_required
def new_initiative(request: SignedIn) -> HttpResponse:
    """Coordinators enter one."""
    access.require_portal(request.user, Verb.KEEP_INITIATIVES)
    form = InitiativeForm(request.POST or None)
    if form.carried(request, partial(_keep, request, None)):
        return redirect("initiatives")
    return render(request, TEMPLATE, {"form": form}, status=form.status)


@login_required
def edit_initiative(request: SignedIn, slug: str) -> HttpResponse:
    """Coordinators bring one up to date."""
    initiative = access.get_initiative(request.user, slug, Verb.KEEP_INITIATIVES)
    initial = {name: getattr(initiative, name) for name in InitiativeForm.base_fields}
    initial["funding"] = initiative.funding.all()
    form = InitiativeForm(request.POST or None, initial=initial)
    if form.carried(request, partial(_keep, request, initiative)):
        return redirect("initiative", form.cleaned_data["slug"])
    context = {"form": form, "initiative": initiative}
    return render(request, TEMPLATE, context, status=form.status)


@require_POST
@login_required
def drop(request: SignedIn, slug: str) -> HttpResponse:
    """It was entered by mistake."""
    initiative = access.get_initiative(request.user, slug, Verb.KEEP_INITIATIVES)
    try:
        drop_initiative(by=request.user, initiative=initiative, now=timezone.now())
    except Conflict as refusal:
        messages.error(request, str(refusal.detail))
        return redirect("initiative", initiative.slug)
    messages.success(request, _("The initiative was taken off."))
    return redirect("initiatives")


def _keep(request: SignedIn, initiative: Initiative | None, **values: object) -> None:
    keep_initiative(
        by=request.user,
        initiative=initiative,
        now=timezone.now(),
        **values,  # type: ignore[arg-type]
    )
    messages.success(request, _("Kept."))

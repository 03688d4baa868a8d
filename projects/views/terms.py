"""The terms of use: to read for everybody, to accept for whoever is logged in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from projects.access import fetch
from projects.actions.terms import accept_terms
from projects.models import Acceptance, Terms
from projects.pages import SignedIn


def terms_page(request: HttpRequest) -> HttpResponse:
    """The version in force and what comes next, with one's own yes to each."""
    now = timezone.now()
    current = Terms.objects.in_force(now)
    shown = [*([current] if current else []), *Terms.objects.ahead(now)]
    accepted: dict[Any, Any] = {}
    if request.user.is_authenticated:
        mine = Acceptance.objects.filter(user=request.user, terms__in=shown)
        accepted = dict(mine.values_list("terms", "at"))
    context = {
        "current": current,
        "versions": [(one, accepted.get(one.pk)) for one in shown],
        "now": now,
    }
    return render(request, "projects/terms.html", context)


@require_POST
@login_required
def accept(request: SignedIn, key: str) -> HttpResponse:
    """Say yes to one version."""
    terms = fetch(Terms.objects.all(), key)
    accept_terms(by=request.user, terms=terms, now=timezone.now())
    messages.success(request, _("You accepted version %(n)d.") % {"n": terms.version})
    return redirect("overview" if terms.in_force_from <= timezone.now() else "terms")

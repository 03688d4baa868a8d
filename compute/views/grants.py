"""Grants of other boards: registering one, confirming it, saying something on it."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from compute import access
from compute.actions import grants as actions
from compute.forms.grants import BOARDS, GrantForm, RemarkForm, StatementForm
from compute.models import ExternalGrant
from projects.access import belongs_to, get_project, require
from projects.pages import PageForm, SignedIn
from projects.roles import Verb
from registry.models import Model


@login_required
def new_grant(request: SignedIn) -> HttpResponse:
    """Register what another board awarded."""
    user = request.user
    initial = {name: request.GET[name] for name in ("project", "pool") if name in request.GET}
    form = GrantForm(request.POST or None, person=user, initial=initial)
    if form.sent_by(request):
        with form.told():
            project = get_project(user, form.cleaned_data["project"].pk, Verb.REQUEST_COMPUTE)
            made = actions.register_grant(
                by=user, project=project, facts=form.facts(), now=timezone.now()
            )
            messages.success(request, _("Registered. Who knows the decision is asked to confirm."))
            return redirect("grant", made.pk)
    context = {"form": form, "boards": BOARDS}
    return render(request, "compute/grant_form.html", context, status=form.status)


@login_required
def grant_page(request: SignedIn, key: str) -> HttpResponse:
    """What the board decided, how it was converted, and who confirmed it."""
    return _show(request, access.get_grant(request.user, key))


@require_POST
@login_required
def confirm(request: SignedIn, key: str) -> HttpResponse:
    """The board did decide so."""
    grant = _to_confirm(request, key)
    form = RemarkForm(request.POST, prefix="confirm")
    act = partial(actions.confirm_grant, by=request.user, grant=grant, now=timezone.now())
    if form.carried(request, act):
        messages.success(request, _("Confirmed; its allocation is open."))
        return redirect("grant", grant.pk)
    return _show(request, grant, confirm=form)


@require_POST
@login_required
def decline(request: SignedIn, key: str) -> HttpResponse:
    """The board did not decide so."""
    grant = _to_confirm(request, key)
    form = RemarkForm(request.POST, prefix="decline")
    act = partial(actions.decline_grant, by=request.user, grant=grant, now=timezone.now())
    if form.carried(request, act):
        messages.success(request, _("Not confirmed; the project reads why."))
        return redirect("grant", grant.pk)
    return _show(request, grant, decline=form)


@require_POST
@login_required
def state(request: SignedIn, key: str) -> HttpResponse:
    """Say something on it."""
    grant = access.get_grant(request.user, key)
    require(access.grant_verbs(request.user, grant), Verb.REVIEW_REQUEST)
    form = StatementForm(request.POST, prefix="state")
    act = partial(actions.state_on_grant, by=request.user, grant=grant, now=timezone.now())
    if form.carried(request, act):
        messages.success(request, _("Stated; the project has been told."))
        return redirect("grant", grant.pk)
    return _show(request, grant, state=form)


def _to_confirm(request: SignedIn, key: str) -> ExternalGrant:
    grant = access.get_grant(request.user, key)
    require(access.grant_verbs(request.user, grant), Verb.CONFIRM_GRANT)
    return grant


def _show(request: SignedIn, grant: ExternalGrant, **sent: PageForm) -> HttpResponse:
    context: dict[str, Any] = {
        "grant": grant,
        "model": Model.objects.visible_to(request.user).filter(pk=grant.model_id).first(),
        "statements": grant.statements.select_related("by"),
        "verbs": access.grant_verbs(request.user, grant),
        "is_own": belongs_to(request.user, grant.project),
        "confirm": RemarkForm(prefix="confirm"),
        "decline": RemarkForm(prefix="decline"),
        "state": StatementForm(prefix="state"),
        "refused": next(iter(sent.values()), None),
        **sent,
    }
    status = next((form.status for form in sent.values()), 200)
    return render(request, "compute/grant.html", context, status=status)

"""What people do to a request on its page: hand it in, decide, talk, appeal."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from compute import access
from compute.actions import awards, reviewing
from compute.actions import requests as actions
from compute.forms.requests import AwardForm, CommentForm, MessageForm
from compute.models import Request
from compute.states import RequestState
from compute.views.requests import show_request
from projects.pages import PageForm, SignedIn
from projects.roles import Verb


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
    return show_request(request, row, hand_in=form)


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
    return show_request(request, row, award=form)


@require_POST
@login_required
def recuse(request: SignedIn, key: str) -> HttpResponse:
    """Keep out of the decision."""
    row = access.get_request(request.user, key, Verb.REVIEW_REQUEST)
    form = CommentForm(request.POST, prefix="recuse")
    if form.carried(
        request,
        lambda comment: reviewing.recuse(
            by=request.user, request=row, reason=comment, now=timezone.now()
        ),
    ):
        messages.success(request, _("You keep out of this decision; others decide."))
        return redirect("request", row.pk)
    return show_request(request, row, recuse=form)


@require_POST
@login_required
def appeal(request: SignedIn, key: str) -> HttpResponse:
    """Ask another quota admin to decide on what was denied."""
    row = access.get_request(request.user, key, Verb.REQUEST_COMPUTE)
    form = CommentForm(request.POST, prefix="appeal")
    if form.carried(
        request,
        lambda comment: reviewing.appeal(
            by=request.user, request=row, reason=comment, now=timezone.now()
        ),
    ):
        messages.success(request, _("Another quota admin decides on it now."))
        return redirect("request", row.pk)
    return show_request(request, row, appeal=form)


@require_POST
@login_required
def say(request: SignedIn, key: str) -> HttpResponse:
    """Write to the other side."""
    row = access.get_request(request.user, key)
    access.require_talk(request.user, row)
    form = MessageForm(request.POST, prefix="say")
    if form.carried(
        request,
        lambda comment: reviewing.say(
            by=request.user, request=row, text=comment, now=timezone.now()
        ),
    ):
        return redirect(f"{reverse('request', args=[row.pk])}#talk")
    return show_request(request, row, say=form)


@require_POST
@login_required
def send_back(request: SignedIn, key: str) -> HttpResponse:
    """Ask the applicants for changes."""
    row = access.get_request(request.user, key, Verb.REVIEW_REQUEST)
    form = CommentForm(request.POST, prefix="back")
    act = partial(actions.return_request, by=request.user, request=row, now=timezone.now())
    if form.carried(request, act):
        messages.success(request, _("Sent back to the applicants."))
        return redirect("request", row.pk)
    return show_request(request, row, back=form)


@require_POST
@login_required
def deny(request: SignedIn, key: str) -> HttpResponse:
    """Say no, with a reason."""
    row = access.get_request(request.user, key, Verb.AWARD)
    form = CommentForm(request.POST, prefix="deny")
    if form.carried(
        request,
        lambda comment: actions.deny_request(
            by=request.user, request=row, reason=comment, now=timezone.now()
        ),
    ):
        messages.success(request, _("Denied; the applicants read your reason."))
        return redirect("request", row.pk)
    return show_request(request, row, deny=form)


def _what_became(row: Request) -> str:
    if row.state != RequestState.AWARDED:
        return _("Signed. It is awarded once another quota admin signs the same.")
    if row.asks_for_lines and row.kind != Request.Kind.EXTENSION:
        return _("Awarded. The limit is being set on the cluster.")
    return _("Granted. The allocation was changed.")

"""One's own settings: access tokens and language."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from projects.access import get_token
from projects.actions import tokens
from projects.forms import TokenForm
from projects.models import AccessToken, Membership
from projects.pages import SignedIn


@login_required
def settings_page(request: SignedIn) -> HttpResponse:
    """My tokens and language; a token that was just made is shown here, this once."""
    form = TokenForm(request.POST or None, person=request.user)
    text = ""
    if form.sent_by(request):
        with form.told():
            _row, text = tokens.create_token(
                by=request.user, now=timezone.now(), **form.cleaned_data
            )
            form = TokenForm(person=request.user)
    context = {
        "form": form,
        "text": text,
        "now": timezone.now(),
        "tokens": AccessToken.objects.filter(user=request.user),
        "memberships": Membership.objects.filter(user=request.user).select_related(
            "group__partner"
        ),
    }
    return render(request, "projects/settings.html", context, status=form.status)


@require_POST
@login_required
def revoke_token(request: SignedIn, key: str) -> HttpResponse:
    """End one of my tokens."""
    token = get_token(request.user, key)
    tokens.revoke_token(by=request.user, token=token, now=timezone.now())
    messages.success(request, _("The token was revoked; the next call with it is refused."))
    return redirect("settings")

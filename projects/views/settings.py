"""One's own settings: access tokens, what one is told of, and language."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from projects.access import get_token
from projects.actions import notices, tokens
from projects.forms import DeliveryForm, TokenForm
from projects.models import AccessToken, Membership, NoticePreference
from projects.pages import SignedIn


@login_required
def settings_page(request: SignedIn) -> HttpResponse:
    """My settings; a token that was just made is shown here, this once."""
    form = TokenForm(request.POST or None, person=request.user)
    text = ""
    if form.sent_by(request):
        with form.told():
            _row, text = tokens.create_token(
                by=request.user, now=timezone.now(), **form.cleaned_data
            )
            form = TokenForm(person=request.user)
    return _show(request, form=form, text=text)


@require_POST
@login_required
def choose_notices(request: SignedIn) -> HttpResponse:
    """What I want to be told of, and how."""
    form = DeliveryForm(request.POST)
    if form.sent_by(request):
        notices.set_preferences(user=request.user, choices=form.choices)
        messages.success(request, _("Your choice holds for all that happens from now on."))
        return redirect("settings")
    return _show(request, delivery=form)


@require_POST
@login_required
def revoke_token(request: SignedIn, key: str) -> HttpResponse:
    """End one of my tokens."""
    token = get_token(request.user, key)
    tokens.revoke_token(by=request.user, token=token, now=timezone.now())
    messages.success(request, _("The token was revoked; the next call with it is refused."))
    return redirect("settings")


def _show(
    request: SignedIn,
    *,
    form: TokenForm | None = None,
    delivery: DeliveryForm | None = None,
    text: str = "",
) -> HttpResponse:
    user = request.user
    sent = form or delivery
    context = {
        "form": form or TokenForm(person=user),
        "delivery": delivery or DeliveryForm(initial=NoticePreference.objects.of(user)),
        "text": text,
        "now": timezone.now(),
        "tokens": AccessToken.objects.filter(user=user),
        "memberships": Membership.objects.filter(user=user).select_related("group__partner"),
    }
    status = sent.status if sent else 200
    return render(request, "projects/settings.html", context, status=status)

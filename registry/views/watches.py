"""The page of one's watches."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from projects.pages import SignedIn
from registry.access import get_watch
from registry.actions.watches import create_watch, delete_watch
from registry.forms.cases import WatchForm
from registry.models import Watch


@login_required
def watch_list(request: SignedIn) -> HttpResponse:
    """What one watches for, and a form for another."""
    form = WatchForm(request.POST or None, initial=request.GET.dict())
    if form.sent_by(request):
        with form.told():
            create_watch(by=request.user, values=form.cleaned_data, now=timezone.now())
            messages.success(request, _("You will hear of every new plan that fits."))
            return redirect("watches")
    rows = Watch.objects.visible_to(request.user)
    return render(
        request, "registry/watches.html", {"form": form, "rows": rows}, status=form.status
    )


@require_POST
@login_required
def delete(request: SignedIn, key: str) -> HttpResponse:
    """Watch no longer."""
    delete_watch(watch=get_watch(request.user, key))
    messages.success(request, _("You watch for that no longer."))
    return redirect("watches")

"""Keeping a list's filters, from the list itself."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from projects.access import get_saved_filter
from projects.actions.saved_filters import LISTS, drop_filter, kept_of, save_filter
from projects.errors import NotThere
from projects.forms import SavedFilterForm
from projects.pages import SignedIn


@require_POST
@login_required
def save(request: SignedIn, page: str) -> HttpResponse:
    """Keep what the list shows now; back to the list as it was."""
    if page not in LISTS:
        raise NotThere
    form = SavedFilterForm(request.POST)
    query = request.POST.get("query", "")[:2000]
    if form.is_valid():
        with form.told():
            name = form.cleaned_data["name"]
            save_filter(by=request.user, page=page, name=name, query=query, now=timezone.now())
            messages.success(request, _("Kept as “%(name)s”.") % {"name": name})
    for problems in form.errors.values():
        messages.error(request, " ".join(map(str, problems)))
    kept = kept_of(query)
    return redirect(f"{reverse(page)}?{kept}" if kept else reverse(page))


@require_POST
@login_required
def drop(request: SignedIn, key: str) -> HttpResponse:
    """Keep it no longer; to the whole list."""
    saved = get_saved_filter(request.user, key)
    drop_filter(saved=saved)
    messages.success(request, _("“%(name)s” is no longer kept.") % {"name": saved.name})
    return redirect(saved.page)

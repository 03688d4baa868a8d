"""One's own notices: the list, having read them, and how one is told."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from projects.access import get_notice
from projects.actions import notices
from projects.forms import NoticeFilters
from projects.models import Notice
from projects.pages import SignedIn, page_of


@login_required
def notice_list(request: SignedIn) -> HttpResponse:
    """What I was told, newest first; all of it, or what I have not read."""
    chosen = NoticeFilters(request.GET).chosen()
    rows = Notice.objects.visible_to(request.user).filter(**chosen)
    page = page_of(rows, request.GET, by="at")
    return render(request, "projects/notices.html", {"page": page, "only_unread": bool(chosen)})


@require_POST
@login_required
def read_notice(request: SignedIn, key: str) -> HttpResponse:
    """I have read one of my notices."""
    notice = get_notice(request.user, key)
    notices.mark_read(user=request.user, notices=[notice.pk], now=timezone.now())
    return redirect("notices")


@require_POST
@login_required
def read_all(request: SignedIn) -> HttpResponse:
    """I have read them all."""
    notices.mark_read(user=request.user, notices=None, now=timezone.now())
    messages.success(request, _("All notices are marked as read."))
    return redirect("notices")

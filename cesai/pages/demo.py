"""The demonstration's bar: continue as one of its people. Not there outside the demo."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from projects.models import User

PEOPLE = ("lead", "member", "coordinator", "quota_admin", "operator", "stranger", "admin")


@require_POST
def continue_as(request: HttpRequest) -> HttpResponse:
    """Log in as one of the demonstration's people, without a password."""
    name = request.POST.get("user", "")
    user = User.objects.filter(username=name).first() if name in PEOPLE else None
    if not settings.DEMO or user is None:
        raise Http404
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect("overview")

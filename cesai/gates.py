"""What has to be done before anything else is served: accept the terms, set a second factor up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from projects.second_factor import WANTED, is_wanting

OPEN = (
    *("/accounts/", "/language/", "/static/", "/demo/", "/terms/"),  # to do it, or to leave
    *("/api/", "/mlflow/"),  # by token: projects.bearer asks
    *("/healthz", "/readyz", "/metrics"),  # nobody is asked who it is
)


class GateMiddleware:
    """For pages; what a token may do says `projects.bearer`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user: Any = request.user
        if request.path.startswith(OPEN) or not user.is_authenticated:
            return self.get_response(request)
        if not user.standing.has_accepted:
            said = _("The terms of use have changed. Please read and accept them.")
            return _elsewhere(request, reverse("terms"), said)
        if is_wanting(user):
            return _elsewhere(request, reverse("mfa_activate_totp"), str(WANTED))
        return self.get_response(request)


def _elsewhere(request: HttpRequest, goal: str, said: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(status=403, headers={"HX-Redirect": goal})
    messages.warning(request, said)
    return redirect(goal)

"""Whoever decides for others shows a second factor: until it is set up, nothing else is served."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from projects.second_factor import WANTED, is_wanting

OPEN = ("/accounts/", "/language/", "/static/", "/demo/")  # to set it up, or to leave


class SecondFactorMiddleware:
    """For pages; what a token may do says `projects.bearer`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user: Any = request.user
        if request.path.startswith(OPEN) or not user.is_authenticated or not is_wanting(user):
            return self.get_response(request)
        goal = reverse("mfa_activate_totp")
        if request.headers.get("HX-Request"):
            return HttpResponse(status=403, headers={"HX-Redirect": goal})
        messages.warning(request, WANTED)
        return redirect(goal)

"""Serves no page before what waits is done: the terms accepted, a second factor set up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from projects.gates import gate_before

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
        gate = gate_before(user)
        if gate is None:
            return self.get_response(request)
        if request.headers.get("HX-Request"):
            return HttpResponse(status=403, headers={"HX-Redirect": reverse(gate.route)})
        messages.warning(request, gate.said)
        return redirect(gate.route)

"""Follows each call to the web: its id in the answer, one line in the log, its time measured."""

from __future__ import annotations

import time
from typing import cast

import structlog
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils.functional import empty
from django_structlog.middlewares import RequestMiddleware

from cesai.metrics import SECONDS

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
PROGRAMS = ("/api/", "/mlflow/")  # nobody is let in by an address there
SECRETS = ("secret", "key")  # as text; the keys of our own pages are UUIDs and let nobody in


class CallMiddleware(RequestMiddleware):
    """Stands before all others, so that their answers are followed, too."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = cast(HttpResponse, super().__call__(request))
        # A method is the caller's word; each new one would be a series for ever.
        method = request.method if request.method in METHODS else "other"
        status = f"{response.status_code // 100}xx"
        SECONDS.labels(method, status).observe(time.perf_counter() - began)
        return response

    def handle_response(self, request: HttpRequest, response: HttpResponse) -> None:
        """Name the call's id in its answer, then write its line."""
        response["X-Request-ID"] = structlog.contextvars.get_contextvars()["request_id"]
        super().handle_response(request, response)

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """Method and path, without the question and what in a path lets people in."""
        path = request.path
        for value in _secrets(request):
            path = path.replace(value, "…")
        return f"{request.method} {path}"

    @staticmethod
    def bind_user_id(request: HttpRequest) -> None:
        """The person, if the call had to know them: to ask for the log alone costs a query."""
        user = request.__dict__.get("user")
        if getattr(user, "_wrapped", user) in (None, empty):
            return
        if key := getattr(user, "pk", None):
            structlog.contextvars.bind_contextvars(user_id=str(key))


def _secrets(request: HttpRequest) -> list[str]:
    """Of the links in e-mails. A call that another middleware answered was never resolved."""
    path = request.path_info
    if path.startswith(PROGRAMS):
        return []
    try:
        match = request.resolver_match or resolve(path if path.endswith("/") else f"{path}/")
    except Resolver404:
        return []
    found = (match.kwargs.get(name) for name in SECRETS)
    return [value for value in found if isinstance(value, str)]

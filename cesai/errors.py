"""Turns every refusal into one clear answer: problem+json for programs, a page for people."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import orjson
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
)
from django.shortcuts import render
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from projects.errors import NotThere, Refused
from projects.wire import first_sentence

PROBLEM = "application/problem+json"


def problem(
    status: int, *, code: str = "", detail: str = "", errors: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The body of an RFC 9457 answer."""
    body: dict[str, Any] = {
        "type": f"/problems/{code or status}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if errors:
        body["errors"] = errors
    return body


def too_large() -> dict[str, Any]:
    """What a body beyond the limit is told."""
    return problem(413, code="too-large", detail=_("The body is larger than 4 MiB."))


def of_refusal(refusal: Refused) -> dict[str, Any]:
    """A refusal as a problem; what may not be seen is worded like what does not exist."""
    detail = str(refusal.detail) or _("There is no such thing here, or you may not see it.")
    fields = {name: [str(m) for m in messages] for name, messages in refusal.fields.items()}
    return problem(refusal.status, code=refusal.code, detail=detail, errors=fields)


def problem_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's hook: every error of the API as problem+json; None lets a fault be a fault."""
    headers = {}
    if isinstance(error, Http404):
        error = NotThere()
    if isinstance(error, Refused):
        body = of_refusal(error)
    elif isinstance(error, exceptions.ValidationError):
        body = problem(
            400, code="invalid", detail=first_sentence(error.detail), errors=_fields(error.detail)
        )
    elif isinstance(error, exceptions.APIException):
        body = problem(
            error.status_code,
            code=error.default_code.replace("_", "-"),
            detail=first_sentence(error.detail),
        )
        if scheme := getattr(error, "auth_header", None):
            headers["WWW-Authenticate"] = scheme
        if seconds := getattr(error, "wait", None):
            headers["Retry-After"] = str(int(seconds) + 1)
    elif isinstance(error, PermissionDenied):
        body = problem(403, code="not-allowed", detail=_("You may not do this."))
    else:
        return None
    set_rollback()
    return Response(body, status=body["status"], headers=headers, content_type=PROBLEM)


class RefusalMiddleware:
    """The same for pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        """A refusal raised by a view becomes its answer."""
        return answer(request, of_refusal(error)) if isinstance(error, Refused) else None


def answer(request: HttpRequest, body: dict[str, Any]) -> HttpResponse:
    """A problem in the form that the caller reads."""
    if request.path.startswith("/api/"):
        return as_json(body)
    if request.path.startswith("/mlflow/"):  # its clients read no HTML
        said = {"error_code": _mlflow_code(body["status"]), "message": body["detail"]}
        return JsonResponse(said, status=body["status"])
    return render(request, "error.html", {"problem": body}, status=body["status"])


def as_json(body: dict[str, Any]) -> HttpResponse:
    """A problem in the very bytes that the API's own renderer makes."""
    return HttpResponse(orjson.dumps(body), status=body["status"], content_type=PROBLEM)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """A call that no view could read: too large, or not for this host."""
    if isinstance(exception, RequestDataTooBig):
        return answer(request, too_large())
    return answer(request, problem(400, code="invalid", detail=_("This call cannot be read.")))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """An address that leads nowhere; the same answer as for what one may not see."""
    return answer(request, of_refusal(NotThere()))


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours: no trace leaves the portal."""
    detail = _("Something went wrong on our side; nothing of what you asked was kept. Try again.")
    return answer(request, problem(500, code="fault", detail=detail))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was not opened from here, or lay open too long."""
    detail = _(
        "This form is too old or came from elsewhere. Go back, reload the page and try again."
    )
    return answer(request, problem(403, code="csrf", detail=detail))


def _mlflow_code(status: int) -> str:
    return "INTERNAL_ERROR" if status >= 500 else "INVALID_PARAMETER_VALUE"


def _fields(detail: Any) -> dict[str, Any]:
    return detail if isinstance(detail, dict) else {"": detail}

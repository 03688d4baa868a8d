"""The errors of MLflow's REST API, and which of ours is which of them."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import HttpResponse

from projects.errors import Conflict, NotAllowed, NotThere, Refused

STATUS = {
    "INVALID_PARAMETER_VALUE": 400,
    "RESOURCE_ALREADY_EXISTS": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "RESOURCE_DOES_NOT_EXIST": 404,
    "ENDPOINT_NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "REQUEST_LIMIT_EXCEEDED": 429,
}


class MlflowError(Exception):
    """A refusal in MLflow's words."""

    def __init__(self, code: str, message: Any) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def invalid(message: Any) -> MlflowError:
    """The caller's mistake: what was wrong and what would do."""
    return MlflowError("INVALID_PARAMETER_VALUE", message)


def absent(message: Any) -> MlflowError:
    """Not there for this caller, whether it exists or not."""
    return MlflowError("RESOURCE_DOES_NOT_EXIST", message)


def of_refusal(refusal: Refused) -> MlflowError:
    """What an action refused. Never a 5xx: clients would repeat the call seven times."""
    if isinstance(refusal, NotThere):
        return absent("There is no such thing here, or you may not see it.")
    if isinstance(refusal, NotAllowed):
        return MlflowError("PERMISSION_DENIED", refusal.detail)
    if isinstance(refusal, Conflict) and "name" in refusal.fields:
        return MlflowError("RESOURCE_ALREADY_EXISTS", refusal.detail)
    return invalid(refusal.detail)


def as_answer(error: MlflowError) -> HttpResponse:
    """The body that clients parse."""
    body = orjson.dumps({"error_code": error.code, "message": str(error.message)})
    answer = HttpResponse(body, status=STATUS[error.code], content_type="application/json")
    if error.code == "UNAUTHENTICATED":
        answer["WWW-Authenticate"] = 'Bearer realm="CESAI"'
    return answer

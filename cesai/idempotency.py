"""One effect and one answer per Idempotency-Key; both are written in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg.errors import LockNotAvailable
from rest_framework.exceptions import APIException, Throttled

from cesai.errors import as_json, problem, too_large
from projects.bearer import BearerAuthentication, WritePace
from projects.models import StoredAnswer, User

KEPT = timedelta(hours=24)
WAIT_SECONDS = 10
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
# Without a key a repeated call would ask, run or award twice.
KEY_REQUIRED = ("/api/v1/requests/", "/api/v1/jobs/")
SECRET = ("/api/v1/tokens/", "/api/v1/invitations/", "/api/v1/webhooks/", "/credentials/")


class IdempotencyMiddleware:
    """Serves API calls that carry the header; a second caller waits for the first, ten seconds."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in UNSAFE or not request.path.startswith("/api/"):
            return self.get_response(request)
        user = _caller(request)
        if user is None:  # 401, by the view
            return self.get_response(request)
        key = request.headers.get("Idempotency-Key", "")
        # Answers that hold secrets are not stored.
        is_stored = not is_secret(request.path)
        refusal = _too_fast(request, user) or (_key_problem(request, key) if is_stored else None)
        if refusal or not key or not is_stored:
            return refusal or self.get_response(request)
        try:
            fingerprint = _fingerprint(request)
        except RequestDataTooBig:
            return as_json(too_large())
        if not _is_whole(request):
            return _cut_off()
        return self._once(request, user, key, fingerprint)

    def _once(self, request: HttpRequest, user: User, key: str, fingerprint: str) -> HttpResponse:
        try:
            with transaction.atomic():
                stored = _take(user, key, fingerprint)
                if stored.fingerprint != fingerprint:
                    return _other_body()
                if stored.status is not None:
                    return _replay(stored)
                response = _gathered(self.get_response(request))
                if response.status_code >= 500 or response.status_code in {401, 429}:
                    # Not an answer to keep: the call may be repeated.
                    transaction.set_rollback(True)
                else:
                    _keep(stored, response)
                return response
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
            return _under_way()


def is_secret(path: str) -> bool:
    """Whether answers there hold secrets, so that none is stored and a key says nothing."""
    return any(part in path for part in SECRET)


def needs_key(path: str) -> bool:
    """Whether a POST there is refused without a key."""
    if path.endswith("/award/"):
        return True
    return path in KEY_REQUIRED or path in {p.rstrip("/") for p in KEY_REQUIRED}


def _caller(request: HttpRequest) -> User | None:
    try:
        bearer = BearerAuthentication().authenticate(request)  # type: ignore[arg-type]
    except APIException:
        return None
    return bearer[0] if bearer else None


def _too_fast(request: HttpRequest, user: User) -> HttpResponse | None:
    """A refusal for who changes too much at once; here also what is only told again counts."""
    pace = WritePace()
    request.user = user
    if pace.allow_request(request, None):  # type: ignore[arg-type]
        return None
    seconds = int(pace.wait() or 0) + 1
    detail = str(Throttled(seconds).detail)
    response = as_json(problem(429, code=Throttled.default_code, detail=detail))
    response["Retry-After"] = str(seconds)
    return response


def _key_problem(request: HttpRequest, key: str) -> HttpResponse | None:
    if not key and request.method == "POST" and needs_key(request.path):
        detail = _("Send an Idempotency-Key: a new UUID per intent.")
        return as_json(problem(400, code="key-missing", detail=detail))
    if len(key) > 200 or not key.isascii() or not key.isprintable():
        detail = _("An Idempotency-Key has 1 to 200 ASCII characters.")
        return as_json(problem(400, code="key-invalid", detail=detail))
    return None


def _take(user: User, key: str, fingerprint: str) -> StoredAnswer:
    """The key's row: new and ours, or the first caller's once that one is done."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{WAIT_SECONDS}s"])
        StoredAnswer.objects.filter(user=user, key=key, created_at__lt=now - KEPT).delete()
        cursor.execute(
            "INSERT INTO projects_storedanswer"
            " (user_id, key, fingerprint, status, content_type, body, created_at)"
            " VALUES (%s, %s, %s, NULL, '', '', %s) ON CONFLICT (user_id, key) DO NOTHING",
            [user.pk, key, fingerprint, now],
        )
        cursor.execute("SELECT set_config('lock_timeout', '0', true)")
    return StoredAnswer.objects.get(user=user, key=key)


def _gathered(response: Any) -> HttpResponse:
    """The whole answer: one that is made while it is read is made here, to be kept with it."""
    if not response.streaming:
        whole: HttpResponse = response
        return whole
    return HttpResponse(response.getvalue(), status=response.status_code, headers=response.headers)


def _keep(stored: StoredAnswer, response: HttpResponse) -> None:
    stored.status = response.status_code
    stored.content_type = response.headers.get("Content-Type", "")
    stored.body = response.content
    stored.save(update_fields=["status", "content_type", "body"])


def _replay(stored: StoredAnswer) -> HttpResponse:
    response = HttpResponse(
        bytes(stored.body), status=stored.status, content_type=stored.content_type
    )
    response["Idempotency-Replayed"] = "true"
    return response


def _is_whole(request: HttpRequest) -> bool:
    """False if the connection ended within the body: the key is kept for the whole call."""
    announced = request.META.get("CONTENT_LENGTH") or "0"
    return not announced.isdigit() or len(request.body) >= int(announced)


def _cut_off() -> HttpResponse:
    detail = _("The call ended before its body did. Send it again.")
    return as_json(problem(400, code="cut-off", detail=detail))


def _other_body() -> HttpResponse:
    detail = _("This Idempotency-Key was used for another call. Use a new one.")
    return as_json(problem(422, code="key-reused", detail=detail))


def _under_way() -> HttpResponse:
    detail = _("A call with this key is still under way. Ask again shortly.")
    response = as_json(problem(409, code="in-progress", detail=detail))
    response["Retry-After"] = "2"
    return response


def _fingerprint(request: HttpRequest) -> str:
    head = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(head + request.body).hexdigest()

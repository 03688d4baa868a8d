"""Who calls, by the token that MLflow's clients carry, and whose models bare names mean."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from rest_framework.exceptions import AuthenticationFailed

from projects.bearer import BearerAuthentication, TokenRate, WritePace, hindrance
from projects.models import AccessToken, Membership, User
from projects.roles import Role
from registry.mlflow.errors import MlflowError


@dataclass(frozen=True, slots=True)
class Caller:
    """A person with a token; `home` is the group whose models they call by bare names."""

    user: User
    token: AccessToken
    home: UUID | None


def caller_of(request: HttpRequest, *, reads: bool) -> Caller:
    """Raises MlflowError for a missing or bad token, a read-only one that writes, and a flood.

    `reads` says that the call changes nothing, whatever its method.
    """
    user, token = _authenticated(request)
    if not (reads or token.allows(request.method or "")):
        raise MlflowError(
            "PERMISSION_DENIED", "This token may only read. Use one with scope write."
        )
    if sentence := hindrance(user):
        raise MlflowError("PERMISSION_DENIED", sentence)
    throttle = TokenRate() if reads else WritePace()
    request.user = user
    if not throttle.allow_request(request, None):  # type: ignore[arg-type]
        raise MlflowError("REQUEST_LIMIT_EXCEEDED", "Too many calls. Wait a little and go on.")
    return Caller(user, token, _home(user, token))


def _authenticated(request: HttpRequest) -> tuple[User, AccessToken]:
    text = _token_text(request.headers.get("Authorization", ""))
    if not text:
        raise MlflowError(
            "UNAUTHENTICATED", "Set MLFLOW_TRACKING_TOKEN to an access token of the portal."
        )
    try:
        found: Any = BearerAuthentication().authenticate_credentials(text.encode())
    except AuthenticationFailed as error:
        raise MlflowError(
            "UNAUTHENTICATED", "The token is unknown, expired or revoked. Make a new one."
        ) from error
    user, token = found
    return user, token


def _token_text(header: str) -> str:
    """The token of a Bearer header, or the password of a Basic one."""
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(rest, validate=True).decode().partition(":")[2]
    except ValueError:  # no base64, no ASCII, no UTF-8
        return ""


def _home(user: User, token: AccessToken) -> UUID | None:
    """The token's group while the person belongs to it, else the first in which they work."""
    roles = user.standing.group_roles
    if token.group_id in roles:
        return token.group_id
    if len(roles) <= 1:
        return next(iter(roles), None)
    working = Membership.objects.lasting().filter(user=user).exclude(role=Role.GUEST)
    first = working.order_by("created_at").values_list("group_id", flat=True).first()
    return first or next(iter(roles))

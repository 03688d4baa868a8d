"""Who calls the API: the token in the Authorization header, and what its scope allows."""

from __future__ import annotations

from math import ceil
from typing import Any, NamedTuple

from django.conf import settings
from django.core.cache import caches
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import UserRateThrottle

from projects.gates import gate_before
from projects.models.tokens import token_with

WRITES = 5  # one in so many calls


def hindrance(user: Any) -> str:
    """What a person has to do before a token of theirs is taken; "" if nothing."""
    gate = gate_before(user)
    return gate.said_to_token % {"url": settings.BASE_URL + reverse(gate.route)} if gate else ""


class BearerAuthentication(TokenAuthentication):
    """Knox's tokens; an expired one is refused and kept, so that its owner can see it."""

    def authenticate(self, request: Request) -> Any:
        """(user, token), None without a header. Raises AuthenticationFailed (401).

        A request is asked once: the answer of an earlier look is reused.
        """
        http: Any = getattr(request, "_request", request)
        if not hasattr(http, "bearer"):
            http.bearer = super().authenticate(request)  # type: ignore[no-untyped-call]
        return http.bearer

    def _cleanup_token(self, auth_token: Any) -> bool:
        return auth_token.expiry is not None and auth_token.expiry < timezone.now()

    def authenticate_credentials(self, token: bytes) -> Any:
        """(user, token) by Knox's hash of the text, with what the person is, in one query.

        Raises AuthenticationFailed; what cannot be a token's text is not looked for.
        """
        if not token.replace(b"_", b"").isalnum():
            raise AuthenticationFailed(_("Invalid token."))
        found = token_with(hash_token(token.decode()))
        if found is None or self._cleanup_token(found):
            raise AuthenticationFailed(_("Invalid token."))
        return self.validate_user(found)  # type: ignore[no-untyped-call]


class TokenAllows(BasePermission):
    """Signed in, by a token whose scope covers the method."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the call may go on. Raises PermissionDenied for a read-only token."""
        if not request.user.is_authenticated:
            return False
        token: Any = request.auth
        if token is not None and not token.allows(request.method):
            raise PermissionDenied(_("This token may only read. Use one with scope write."))
        if sentence := hindrance(request.user):
            raise PermissionDenied(sentence)
        return True


class Left(NamedTuple):
    """What one limit leaves to who called: calls, and seconds until the oldest is forgotten."""

    limit: int
    remaining: int
    reset: int


def paces_of(request: Any) -> list[Left]:
    """Of each limit that counted this call, in the order in which they did."""
    http: Any = getattr(request, "_request", request)
    if not hasattr(http, "paces"):
        http.paces = []
    found: list[Left] = http.paces
    return found


class TokenRate(UserRateThrottle):
    """So many calls of one person; each web process counts for itself."""

    cache = caches["process"]
    num_requests: int
    duration: int

    def allow_request(self, request: Request, view: Any) -> bool:
        """Whether the call may go on; what is left afterwards is noted with it."""
        is_allowed = super().allow_request(request, view)
        paces_of(request).append(self._left())
        return is_allowed

    def _left(self) -> Left:
        limit, seconds = self.num_requests, self.duration
        oldest = self.history[-1] if self.history else self.now
        return Left(limit, max(limit - len(self.history), 0), ceil(oldest + seconds - self.now))


class WritePace(TokenRate):
    """How often a person may change something: one in five of all calls they may make.

    Each web process counts for itself and allows its part, so that together they allow no more.
    """

    cache_format = "writes_%(ident)s"

    def parse_rate(self, rate: Any) -> Any:
        """(calls, seconds) for this process."""
        calls, seconds = super().parse_rate(rate)
        return max(1, (calls or 0) // WRITES // settings.WEB_WORKERS), seconds


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = BearerAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """How the API description names the header."""
        return {"type": "http", "scheme": "bearer"}

"""Who calls the API: the token in the Authorization header, and whether its scope allows the call."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class BearerAuthentication(TokenAuthentication):  # type: ignore[misc]
    """Knox's tokens; an expired one is refused and kept, so that its owner can see it."""

    def authenticate(self, request: Request) -> Any:
        """(user, token), None without a header. Raises AuthenticationFailed (401).

        A request is asked once: the answer of an earlier look is reused.
        """
        http = getattr(request, "_request", request)
        if not hasattr(http, "bearer"):
            http.bearer = super().authenticate(request)
        return http.bearer

    def _cleanup_token(self, auth_token: Any) -> bool:
        return auth_token.expiry is not None and auth_token.expiry < timezone.now()

    def authenticate_credentials(self, token: bytes) -> Any:
        """As Knox does; bytes that are no text are an invalid token, not a fault."""
        try:
            return super().authenticate_credentials(token)
        except UnicodeDecodeError as error:
            raise AuthenticationFailed(_("Invalid token.")) from error


class TokenAllows(BasePermission):
    """Signed in, by a token whose scope covers the method."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the call may go on. Raises PermissionDenied for a read-only token."""
        if not request.user.is_authenticated:
            return False
        if request.auth is not None and not request.auth.allows(request.method):
            raise PermissionDenied(_("This token may only read. Use one with scope write."))
        return True


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = BearerAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """How the API description names the header."""
        return {"type": "http", "scheme": "bearer"}

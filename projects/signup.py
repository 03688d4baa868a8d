"""How people come in: the rules for allauth."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.utils import timezone

from projects.models import Invitation
from projects.openid import entitle


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Log-ins are made by invitation, by a log-in provider or by an admin: no open sign-up."""

    def is_safe_url(self, url: str) -> bool:
        """Whether to go there after a log-in; an address that cannot be read is none."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:
            return False

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Only for somebody who came through an invitation's link that is still open."""
        digest = Invitation.digest(request.session.get("invitation", ""))
        row = Invitation.objects.filter(secret_sha256=digest).first()
        return row is not None and row.is_open(timezone.now())

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> Any:
        """Who comes by a provider gets, and loses, what it says: or is not let in."""
        answer = super().pre_login(request, user, **kwargs)
        login = (kwargs.get("signal_kwargs") or {}).get("sociallogin")
        if answer is None and login is not None:
            entitle(user, login, timezone.now())
        return answer

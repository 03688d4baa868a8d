"""How people come in: the rules for allauth."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Log-ins are made by invitation or by an admin; there is no open sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Only for somebody who came through an invitation's link."""
        return bool(request.session.get("invitation"))

"""People who come by a real OpenID provider, as a browser would bring them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from django.conf import settings
from django.test import Client

from dev.openid.server import CLIENT, SECRET, Server
from projects.entitlements import LogInProvider, Source
from projects.models import User

NAMESPACE, AUTHORITY = "urn:geant:helmholtz.example", "login.helmholtz.example"
CALLBACK = "/accounts/provider/{}/callback/"
SCOPE = ("openid", "profile", "email", "entitlements")


def redirect_to(name: str) -> str:
    """Where a provider sends people back to."""
    return settings.BASE_URL + CALLBACK.format(name)


def configured(name: str, server: Server, **more: Any) -> LogInProvider:
    """One provider as the settings have it, which may speak of our namespace."""
    provider = LogInProvider(
        id=name,
        name=f"Log-in of {name}",
        issuer=server.url,
        client_id=CLIENT,
        client_secret=SECRET,
        scope=SCOPE,
        sources=(Source(NAMESPACE, AUTHORITY),),
    )
    return replace(provider, **more)


def entitlement(group: str, role: str = "") -> str:
    """As the provider writes it."""
    return f"{NAMESPACE}:group:{group}{f':role={role}' if role else ''}#{AUTHORITY}"


@dataclass
class Arrival:
    """One browser on its way to a provider and back, step by step."""

    provider: str = "first"
    portal: Client = field(default_factory=Client)
    other: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=20))

    def begin(self, **sent: str) -> str:
        """The provider's address that the portal sends the browser to."""
        answer = self.portal.post(f"/accounts/provider/{self.provider}/", sent)
        assert answer.status_code == 302, answer.content[:500]
        return answer["Location"]

    def identify(self, address: str, subject: str) -> str:
        """Log in there; the address that the provider sends the browser back to."""
        answer = self.other.get(address)
        while True:
            if answer.is_redirect:
                goal = str(answer.next_request.url if answer.next_request else "")
                if urlsplit(goal).path.startswith("/accounts/"):
                    return goal
                answer = self.other.get(goal)
                continue
            assert answer.status_code == 200, answer.text[:500]
            form = re.search(r'action="([^"]+)"', answer.text)
            assert form, answer.text[:500]
            answer = self.other.post(
                form[1], data={"prompt": "login", "login": subject, "password": "x"}
            )

    def come_back(self, address: str) -> Any:
        """The portal's answer to the browser that was sent back."""
        parts = urlsplit(address)
        return self.portal.get(f"{parts.path}?{parts.query}")

    def log_in(self, subject: str, **sent: str) -> Any:
        """All of it."""
        return self.come_back(self.identify(self.begin(**sent), subject))

    @property
    def user(self) -> User | None:
        """Who the portal takes the browser for."""
        key = self.portal.session.get("_auth_user_id")
        return User.objects.filter(pk=key).first() if key else None


def changed(address: str, **values: str) -> str:
    """The same address with other values in its query."""
    parts = urlsplit(address)
    query = {name: found[0] for name, found in parse_qs(parts.query).items()} | values
    return parts._replace(query=urlencode(query)).geturl()


def is_refused(answer: Any) -> bool:
    """Whether the portal let nobody in."""
    return bool(answer.status_code in {401, 403})

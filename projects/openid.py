"""Log-in by OpenID Connect: what allauth leaves open is closed here.

Against allauth's own provider: a nonce; the id token's signature is always verified, by
asymmetric algorithms alone; its issuer is the configured one; userinfo must speak of the same
subject; who somebody is, is issuer and subject together; no other claim is kept; and an
address cannot ask for other scopes, or to be linked to somebody who is logged in.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from http import HTTPStatus
from typing import Any

import jwt
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthError
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from requests import RequestException

from projects.actions import federation
from projects.models import User

ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
                        "ES256", "ES384", "ES512", "EdDSA"})  # fmt: skip
LEEWAY_SECONDS = 30
LONGEST_NAME = 150  # as Django keeps them
LONGEST_SUBJECT = 255  # OpenID Connect Core 1.0, 2
ENTITLEMENTS = ("entitlements", "eduperson_entitlement")  # AARC-G069 and its elder
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
UNANSWERED = (OAuth2Error, RequestException)


class Adapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """The talk with the provider, server to server."""

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the provider says of itself. Raises OAuth2Error unless it is the one configured."""
        found = super().openid_config
        issuer = self.get_provider().app.settings["issuer"]
        if not isinstance(found, dict) or found.get("issuer") != issuer:  # Discovery 1.0, 4.3
            raise OAuth2Error("the provider says that it is another issuer")
        if not all(isinstance(found.get(name), str) for name in ENDPOINTS):
            raise OAuth2Error("the provider does not say where its endpoints are")
        return found

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        """Where people come back to: the portal's own address, whatever a caller's Host says."""
        path = reverse("openid_connect_callback", kwargs={"provider_id": self.provider_id})
        return f"{settings.BASE_URL}{path}"

    def complete_login(
        self, request: HttpRequest, app: Any, token: Any, **kwargs: Any
    ) -> SocialLogin:
        """Who came, by both of the provider's answers. Raises OAuth2Error if they do not fit."""
        id_token = kwargs["response"].get("id_token")
        if not isinstance(id_token, str):
            raise OAuth2Error("no id token")
        self._check_issuer(request, app)
        claims = self._verified(app, id_token)
        info = self._fetch_user_info(token.token)
        if not isinstance(info, dict) or info.get("sub") != claims["sub"]:
            raise OAuth2Error("userinfo is about somebody else")
        data = {"id_token": claims, "userinfo": info}
        login: SocialLogin = self.get_provider().sociallogin_from_response(request, data)
        login.claims = data
        return login

    def _check_issuer(self, request: HttpRequest, app: Any) -> None:
        """RFC 9207: who sent the person back says so, or never does."""
        supported = self.openid_config.get("authorization_response_iss_parameter_supported")
        said = request.GET.get("iss", app.settings["issuer"] if not supported else None)
        if said != app.settings["issuer"]:
            raise OAuth2Error("another issuer sent the person back")

    def _verified(self, app: Any, text: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(text)
            key = self._key(header.get("kid"), header.get("alg"))
            claims: dict[str, Any] = jwt.decode(
                text,
                key=key,
                algorithms=[header["alg"]],
                issuer=app.settings["issuer"],
                audience=app.client_id,
                leeway=LEEWAY_SECONDS,
                options={"require": ["iss", "sub", "aud", "exp", "iat"]},
            )
        except jwt.PyJWTError as error:
            raise OAuth2Error("the id token is not valid") from error
        if claims.get("azp", app.client_id) != app.client_id:
            raise OAuth2Error("the id token is for another client")
        if not 0 < len(claims["sub"]) <= LONGEST_SUBJECT:
            raise OAuth2Error("the subject is no subject")
        return claims

    def _key(self, kid: Any, algorithm: Any) -> Any:
        if algorithm not in ALGORITHMS:
            raise OAuth2Error("the id token is signed by an algorithm that is not taken")
        with SocialAdapter().get_requests_session() as session:
            answer = session.get(self.openid_config["jwks_uri"])
            answer.raise_for_status()
        keys = jwt.PyJWKSet.from_dict(answer.json()).keys
        fitting = [one for one in keys if one.key_id == kid and one.public_key_use != "enc"]
        if len(fitting) != 1:
            raise OAuth2Error("the id token is signed by a key that the provider does not have")
        return fitting[0]


class Provider(OpenIDConnectProvider):  # type: ignore[misc]
    """One configured provider."""

    oauth2_adapter_class = Adapter
    pkce_enabled_default = True

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        """Where to go afterwards, and nothing else that an address could ask for."""
        kept = super().get_redirect_from_request_kwargs(request)
        asked = {name: kept[name] for name in ("next_url",) if name in kept}
        return {**asked, "process": "login"}

    def redirect(self, request: HttpRequest, process: str, **kwargs: Any) -> HttpResponse:
        """To the provider; the nonce waits in the session to be met again in the id token."""
        nonce = secrets.token_urlsafe(24)
        asked = {**self.get_auth_params(), "nonce": nonce}
        answer: HttpResponse = super().redirect(
            request, process, auth_params=asked, nonce=nonce, **kwargs
        )
        return answer

    def extract_uid(self, data: dict[str, Any]) -> str:
        """Issuer and subject: neither a name nor an e-mail address says who somebody is.

        As a hash, because together they are longer than what allauth keeps.
        """
        return hashlib.sha256(json.dumps(_identity(data)).encode()).hexdigest()

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Issuer and subject in clear; of the rest that a provider knows, nothing is kept."""
        return _identity(data)


def _identity(data: dict[str, Any]) -> dict[str, str]:
    return {"iss": data["id_token"]["iss"], "sub": data["id_token"]["sub"]}


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Who may come by a provider: everybody whom it knows; what they may do is another matter."""

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[Any]:
        """Those of the settings alone, without a look into the database."""
        return [
            SocialApp(
                provider=Provider.id,
                provider_id=one.id,
                name=one.name,
                client_id=one.client_id,
                secret=one.client_secret,
                settings={"issuer": one.issuer, "server_url": one.issuer, "scope": one.scope},
            )
            for one in settings.LOG_IN_PROVIDERS
            if provider in (None, Provider.id, one.id) and client_id in (None, one.client_id)
        ]

    def get_requests_session(self) -> Any:
        """For calls to the providers' own addresses: no redirect leads elsewhere."""
        session = super().get_requests_session()
        session.max_redirects = 0
        session.trust_env = False
        return session

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, **kwargs: Any
    ) -> None:
        """Back to the log-in page, or the one page for all that goes wrong."""
        if error == AuthError.CANCELLED:
            messages.info(request, _("You were not logged in: it was cancelled there."))
            raise ImmediateHttpResponse(redirect("account_login"))
        raise ImmediateHttpResponse(refusal(request))

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """The last look before anything happens. Raises ImmediateHttpResponse with a refusal."""
        nonce = sociallogin.state.get("nonce")
        if not nonce or sociallogin.claims["id_token"].get("nonce") != nonce:
            raise ImmediateHttpResponse(refusal(request))
        if not sociallogin.is_existing:
            _take_address(sociallogin)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """A new log-in belongs to no group and sees what everybody sees."""
        return True

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: Any) -> Any:
        """Names as the provider says them, cut to what fits."""
        user = super().populate_user(request, sociallogin, data)
        for name in ("first_name", "last_name"):
            value = "".join(c for c in getattr(user, name) if c.isprintable())
            setattr(user, name, value[:LONGEST_NAME])
        return user


def _take_address(login: SocialLogin) -> None:
    """Keep an e-mail address that the provider has verified and nobody else has here.

    Any other is dropped: it neither links the log-in to somebody nor is written to.
    """
    taken = [one.email for one in login.email_addresses if one.verified is True]
    address = taken[0] if taken else ""
    if address and User.objects.filter(email__iexact=address).exists():
        address = ""
    login.user.email = address
    login.email_addresses = [one for one in login.email_addresses if one.email == address]


def entitle(user: User, login: SocialLogin, now: Any) -> None:
    """Give and take what the log-in's entitlements say."""
    said = login.claims
    claims = [said[part][name] for part in said for name in ENTITLEMENTS if name in said[part]]
    federation.apply_entitlements(
        user=user, provider=login.account.provider, claims=claims, now=now
    )


def refusal(request: HttpRequest) -> HttpResponse:
    """One page for whatever went wrong with a provider: an attacker learns no more from it."""
    template = "socialaccount/authentication_error.html"
    return render(request, template, status=HTTPStatus.FORBIDDEN)

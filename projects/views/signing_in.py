"""The door: the log-in page, and the way to a log-in provider and back."""

from __future__ import annotations

from typing import Any

from allauth.account import views
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from csp.decorators import csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from projects.openid import UNANSWERED, Adapter, SocialAdapter, refusal


@never_cache
def log_in(request: HttpRequest) -> HttpResponse:
    """By a provider, or by name and password.

    Chromium holds a form's redirects to the policy, too: only here may one lead to a provider.
    """
    ways = [one.origin for one in settings.LOG_IN_PROVIDERS]
    view = csp_update({"form-action": ways})(views.login) if ways else views.login
    answer: Any = view(request)
    return answer  # type: ignore[no-any-return]


@require_POST
def begin(request: HttpRequest, provider_id: str) -> HttpResponse:
    """To the provider. Raises Http404 for one that is not configured."""
    try:
        provider: Any = SocialAdapter(request).get_provider(request, provider_id)
        answer: HttpResponse = provider.redirect_from_request(request)
    except SocialApp.DoesNotExist as error:
        raise Http404 from error
    except UNANSWERED:
        return refusal(request)
    return answer


@require_GET
@never_cache
def come_back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """From the provider, with a code. Raises Http404 for one that is not configured."""
    try:
        answer: HttpResponse = OAuth2CallbackView.adapter_view(Adapter(request, provider_id))(
            request
        )
    except SocialApp.DoesNotExist as error:
        raise Http404 from error
    return answer

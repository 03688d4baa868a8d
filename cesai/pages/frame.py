"""What every page's frame needs to know."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from cesai.help import PAGES, Help
from projects.access import portal_verbs
from projects.models import Notice
from projects.roles import Verb


def frame(request: HttpRequest) -> dict[str, Any]:
    """Whether this is the demo, and what of the menu the person has a use for."""
    user: Any = getattr(request, "user", None)
    staff = user is not None and user.is_authenticated and Verb.SEE_WORKLIST in portal_verbs(user)
    return {
        "is_demo": settings.DEMO,
        "sees_worklist": staff,
        "help": _help_on(request) if user is not None and user.is_authenticated else None,
        # Asked by the menu, which fragments lack and full pages hold twice.
        "unread_notices": cache(partial(Notice.objects.count_unread, user)),
    }


def _help_on(request: HttpRequest) -> Help | None:
    match = request.resolver_match
    return PAGES.get(match.url_name or "") if match else None


class PageTimeZone:
    """Times on pages are told in the portal's own zone; the API tells UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith("/api/"):
            return self.get_response(request)
        with timezone.override(ZoneInfo(settings.PAGE_TIME_ZONE)):
            return self.get_response(request)

"""Says in each answer of the API how many calls are left.

In the three headers that clients read today; the draft that puts them into two structured fields
(`RateLimit` and `RateLimit-Policy`) has changed its form with each of its last versions.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from projects.bearer import Left, paces_of


class RateHeaders:
    """Of all limits that counted the call, the one that has the fewest left."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        left = min(paces_of(request), key=_fewest, default=None)
        if left is not None:
            response["RateLimit-Limit"] = str(left.limit)
            response["RateLimit-Remaining"] = str(left.remaining)
            response["RateLimit-Reset"] = str(left.reset)
        return response


def _fewest(left: Left) -> int:
    return left.remaining

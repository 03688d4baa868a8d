"""Tells programs that read the API again whether anything changed since."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers

READS = {"GET", "HEAD"}


class ConditionalReads:
    """An ETag for what the API answers in one piece, and 304 to who names that of the last time.

    The tag is a hash of the body: it differs wherever the body does, by caller and language too,
    and needs no rule that could forget a table. It saves the way and the reading, not the query.
    Who holds the answer may keep it and ask; nobody on the way may.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_read = request.method in READS and request.path.startswith("/api/v1/")
        if not is_read or response.status_code != 200 or response.streaming:
            return response
        if response["Content-Type"].startswith("text/html"):  # the page about the API
            return response
        tag = f'"{blake2b(response.content, digest_size=16).hexdigest()}"'
        response["ETag"] = tag
        response["Cache-Control"] = "private, no-cache"
        patch_vary_headers(response, ["Authorization"])
        return get_conditional_response(request, etag=tag, response=response) or response

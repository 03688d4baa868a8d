"""The first page: for strangers what this is, for institutes their work, for staff what waits."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def overview(request: HttpRequest) -> HttpResponse:
    return render(request, "cesai/overview.html")

"""One effort: its people, plans, requests, allocations and jobs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def project_page(request: HttpRequest, slug: str) -> HttpResponse:
    return render(request, "cesai/project.html")

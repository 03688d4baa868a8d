"""The audit log: who did what, as far as one may see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Case, CharField, QuerySet, When
from django.db.models.functions import Cast
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from projects.access import as_uuid
from projects.forms import AuditFilters
from projects.models import AuditCheck, Event, Project, Seal, User
from projects.pages import SignedIn, page_of
from projects.scoping import sees_everything
from projects.sheets import csv_of, wants_csv

COLUMNS = {
    "id": "id", "at": "at", "actor": "actor", "kind": "kind",
    "object_type": "object_type", "object_id": "object_id", "project": "project_id",
    "reason": "reason", "changes": "changes", "seal": "seal__number",
}  # fmt: skip
PAGES_OF = {
    "model": "model", "request": "request", "allocation": "allocation", "job": "job",
    "case": "case", "overlap": "overlap", "group": "group", "externalgrant": "grant",
    "jobtemplate": "template", "call": "call",
}  # fmt: skip


@login_required
def audit_log(request: SignedIn) -> HttpResponseBase:
    """Newest first; for staff also how far the log is sealed, and when it last held."""
    filters = AuditFilters(request.GET)
    rows = Event.objects.visible_to(request.user).filter(**filters.chosen())
    seen = Project.objects.visible_to(request.user)
    if who := filters.cleaned_data["actor"]:
        rows = rows.filter(actor__in=_called(who, request.user))
    if slug := filters.cleaned_data["project"]:
        rows = rows.filter(project__in=seen.filter(slug=slug))
    if wants_csv(request):
        by_name = When(actor__in=list(request.user.nameable), then="actor__username")
        actor = Case(by_name, default=Cast("actor", CharField()))
        return csv_of("audit", rows, {**COLUMNS, "actor": actor})
    page = page_of(rows.select_related("actor"), request.GET, by="sequence")
    # Whoever asked in vain to take part keeps the event, but not the sight of the project.
    projects = seen.in_bulk([row.project_id for row in page.rows if row.project_id])
    context: dict[str, Any] = {
        "rows": [(row, projects.get(row.project_id), _path(row, projects)) for row in page.rows],
        "page": page,
        "filters": filters,
    }
    if sees_everything(request.user):
        context |= {"head": Seal.head(), "check": AuditCheck.objects.first()}
    return render(request, "projects/audit.html", context)


def _called(text: str, viewer: User) -> QuerySet[User]:
    """Who is meant by a key, or by a log-in name that the viewer may read."""
    key = as_uuid(text)
    named = User.objects.filter(pk__in=viewer.nameable, username=text)
    return User.objects.filter(pk=key) if key else named


def _path(event: Event, projects: Mapping[Any, Project]) -> str:
    """The page of what it is about; "" if that has none of its own."""
    if event.object_type == "project":
        project = projects.get(event.object_id)
        return reverse("project", args=[project.slug]) if project else ""
    route = PAGES_OF.get(event.object_type)
    return reverse(route, args=[event.object_id]) if route else ""

"""The first page: for strangers what this is, for institutes their work, for staff what waits."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from compute.models import Allocation, CapacityMonth, Cluster, Job, Limit, Request
from compute.models.clusters import SILENT_AFTER
from compute.states import LimitState, RequestState
from compute.views.months import capacity_drawing, later, this_month
from projects.access import portal_verbs
from projects.models import Group, Project
from projects.roles import Verb
from registry.models import Case, Model, Overlap
from registry.overlap.scorer import FLAGGED

if TYPE_CHECKING:
    from projects.models import User

SOON = timedelta(days=3)
ROWS = 8
SIMILAR = 3


def overview(request: HttpRequest) -> HttpResponse:
    """One address for everybody; who is both institute and staff sees both halves."""
    user, now = request.user, timezone.now()
    if not user.is_authenticated:
        return render(request, "cesai/welcome.html")
    staff = Verb.SEE_WORKLIST in portal_verbs(user)
    clusters = Cluster.objects.operated_by(user).select_related("health")
    context = {
        "now": now,
        "operated": clusters.prefetch_related("credentials"),
        "waiting_limits": _waiting_limits(user),
        "administered": Group.objects.administered_by(user).select_related("partner"),
        **(_work_of_staff(user, now) if staff else {}),
        **(_work_of_institute(user, now) if user.standing.group_roles else {}),
    }
    return render(request, "cesai/overview.html", context)


def _work_of_institute(user: User, now: datetime) -> dict[str, Any]:
    projects = Project.objects.of(user)
    allocations = Allocation.objects.filter(project__in=projects).current()
    jobs = Job.objects.filter(project__in=projects).live().defer("script")
    requests = Request.objects.filter(project__in=projects)
    models = Model.objects.filter(group__in=user.standing.group_roles)
    return {
        "institute": True,
        "projects": projects.select_related("lead_group")[:ROWS],
        "allocations": allocations.select_related(
            "project", "pool__cluster__health", "balance", "limit"
        )[:ROWS],
        "jobs": jobs.select_related("project", "cluster__health")[:ROWS],
        "requests": requests.exclude(state=RequestState.WITHDRAWN)
        .select_related("project")
        .annotate(asked=Sum("lines__gpu_seconds"))[:ROWS],
        "models": models.select_related("project")[:ROWS],
        "stale_models": models.stale(now)[:ROWS],
    }


def _work_of_staff(user: User, now: datetime) -> dict[str, Any]:
    waiting = Request.objects.visible_to(user).undecided()
    capacity = CapacityMonth.objects.visible_to(user)
    month = this_month(now)
    return {
        "staff": True,
        "decisions": waiting.count(),
        "due_soon": waiting.filter(due_at__lt=now + SOON).count(),
        "worklist": waiting.select_related("project__lead_group__partner", "owner")
        .annotate(asked=Sum("lines__gpu_seconds"))
        .order_by("due_at", "id")[:10],
        "similar": Overlap.objects.visible_to(user)
        .in_queue()
        .filter(kind__in=FLAGGED)
        .select_related("a__group", "b__group")
        .order_by("-urgency", "-probability", "id")[:SIMILAR],
        "open_cases": Case.objects.visible_to(user).undecided().order_by("due_at")[:ROWS],
        "trouble": _in_trouble(user, now),
        "drawing": capacity_drawing(capacity, later(month, -5), later(month, 7)),
    }


def _in_trouble(user: User, now: datetime) -> Any:
    """Connected clusters that did not answer for a while."""
    silent = Q(health__answered_at=None) | Q(health__answered_at__lt=now - SILENT_AFTER)
    rows = Cluster.objects.visible_to(user).connected().filter(silent)
    return rows.select_related("health", "partner")


def _waiting_limits(user: User) -> Any:
    """Limits on the person's own clusters that their staff have to set."""
    own = Cluster.objects.operated_by(user)
    states = (LimitState.PENDING, LimitState.NEEDS_OPERATOR, LimitState.DRIFTED)
    rows = Limit.objects.filter(allocation__pool__cluster__in=own, state__in=states)
    return rows.exclude(command="").select_related("allocation__project", "allocation__pool")

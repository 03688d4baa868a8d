"""The first page: for strangers what this is, for institutes their work, for staff what waits."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import QuerySet, Sum
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from cesai.hours import hours_chart
from cesai.worklist import work_of
from compute.models import Allocation, Cluster, Job, Limit, Request
from compute.states import JobState, LimitState, RequestState
from projects.access import portal_verbs
from projects.models import Group, Notice, Project
from projects.pages import SignedIn
from projects.roles import Verb, verbs_of
from registry.models import Model, Overlap
from registry.overlap.scorer import FLAGGED

if TYPE_CHECKING:
    from projects.models import User

ROWS = 8
SIMILAR = 3
NEWS = 5
LATE = (LimitState.DRIFTED, LimitState.NEEDS_OPERATOR)


def overview(request: SignedIn) -> HttpResponse:
    """One address for everybody; who is both institute and staff sees both halves.

    A poll gets the part that moves alone.
    """
    user, now = request.user, timezone.now()
    if not user.is_authenticated:
        return render(request, "cesai/welcome.html")
    staff = Verb.SEE_WORKLIST in portal_verbs(user)
    context = {"now": now, "news": Notice.objects.visible_to(user).unread()[:NEWS]}
    if staff:
        context |= _moving(user, now, request.GET)
        if request.htmx:
            return render(request, "cesai/overview_staff.html#moving", context)
        context |= _work_of_staff(user, now, request.GET)
    if user.standing.group_roles:
        context |= _work_of_institute(user, now)
    clusters = Cluster.objects.operated_by(user).select_related("health")
    context |= {
        "operated": clusters.prefetch_related("credentials"),
        "waiting_limits": _waiting_limits(user),
        "administered": Group.objects.administered_by(user).select_related("partner"),
    }
    return render(request, "cesai/overview.html", context)


def _work_of_institute(user: User, now: datetime) -> dict[str, Any]:
    projects = Project.objects.of(user)
    allocations = Allocation.objects.filter(project__in=projects).current()
    jobs = Job.objects.filter(project__in=projects).live().defer("script")
    requests = Request.objects.filter(project__in=projects)
    models = Model.objects.filter(group__in=user.standing.group_roles)
    steps = _first_steps(user, models, requests, allocations, projects)
    return {
        "institute": True,
        "first_steps": steps,
        "next": _next_of(steps),
        "projects": projects.select_related("lead_group")[:ROWS],
        "allocations": _with_forecast(allocations, now),
        "jobs": jobs.select_related("project", "cluster__health")[:ROWS],
        "requests": requests.exclude(state=RequestState.WITHDRAWN)
        .select_related("project")
        .annotate(asked=Sum("lines__gpu_seconds"))[:ROWS],
        "models": models.select_related("project")[:ROWS],
        "stale_models": models.stale(now)[:ROWS],
    }


def _may_submit(user: User) -> bool:
    """Whether any of the person's groups gave them work to do."""
    return any(Verb.SUBMIT_JOB in verbs_of({role}) for role in user.standing.group_roles.values())


OWN_STEPS = {"model-plan", "request-new", "job-new"}


class FirstStep(NamedTuple):
    """One step from the first log-in to the first finished job."""

    words: str
    route: str
    look: str  # done, now or later
    is_ours: bool  # what the person does, not the reviewers and the cluster


def _first_steps(
    user: User,
    models: QuerySet[Model],
    requests: QuerySet[Request],
    allocations: QuerySet[Allocation],
    projects: QuerySet[Project],
) -> list[FirstStep]:
    """What is still to do until the first job has finished; [] once one has, and for guests."""
    jobs = Job.objects.filter(project__in=projects)
    if jobs.filter(state=JobState.COMPLETED).exists() or not _may_submit(user):
        return []
    asked = requests.exclude(state=RequestState.DRAFT)
    is_set = (LimitState.IN_FORCE, LimitState.SET_NOT_PROVEN)
    steps = [
        (_("Plan a model"), "model-plan", models.exists()),
        (_("Ask for GPU-hours"), "request-new", asked.exists()),
        (_("They are awarded"), "requests", allocations.exists()),
        (
            _("The cluster enforces them"),
            "allocations",
            allocations.filter(limit__state__in=is_set).exists(),
        ),
        (_("Submit a job"), "job-new", jobs.exists()),
        (_("It finishes"), "jobs", False),
    ]
    following = next(words for words, _route, is_done in steps if not is_done)
    return [
        FirstStep(
            words,
            route,
            "done" if is_done else "now" if words == following else "later",
            route in OWN_STEPS,
        )
        for words, route, is_done in steps
    ]


def _next_of(steps: list[FirstStep]) -> str:
    """The route of what the person does next; nothing while others are at it."""
    if not steps:
        return "job-new"
    return next((step.route for step in steps if step.look == "now" and step.is_ours), "")


def _moving(user: User, now: datetime, query: QueryDict) -> dict[str, Any]:
    """What waits and what is in trouble: asked for anew while the page is looked at."""
    by_stake = query.get("sort") == "stake"
    return {
        "work": work_of(user, now, by_stake=by_stake),
        "by_stake": by_stake,
        "trouble": Cluster.objects.visible_to(user).silent(now),
        "late_limits": Limit.objects.filter(state__in=LATE).count(),
        "similar": Overlap.objects.visible_to(user)
        .in_queue()
        .filter(kind__in=FLAGGED)
        .select_related("a__group", "b__group")
        .order_by("-urgency", "-probability", "id")[:SIMILAR],
    }


def _work_of_staff(user: User, now: datetime, query: QueryDict) -> dict[str, Any]:
    by = "cluster" if query.get("by") == "cluster" else "partner"
    return {
        "staff": True,
        "by": by,
        "chart": hours_chart(by, now),
    }


def _with_forecast(allocations: QuerySet[Allocation], now: datetime) -> list[Allocation]:
    rows = allocations.select_related("project", "pool__cluster__health", "balance", "limit")
    found = list(rows.prefetch_related("months_used")[:ROWS])
    for allocation in found:
        allocation.ahead = allocation.forecast(now)  # type: ignore[attr-defined]
    return found


def _waiting_limits(user: User) -> Any:
    """Limits on the person's own clusters that their staff have to set."""
    own = Cluster.objects.operated_by(user)
    states = (LimitState.PENDING, LimitState.NEEDS_OPERATOR, LimitState.DRIFTED)
    rows = Limit.objects.filter(allocation__pool__cluster__in=own, state__in=states)
    return rows.exclude(command="").select_related("allocation__project", "allocation__pool")

"""One effort: its people, plans, requests, allocations and jobs."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Sum
from django.http import HttpResponse
from django.shortcuts import render

from compute.models import Allocation, Job, Request
from projects.access import get_project, project_verbs
from projects.models import JoinRequest, Membership
from projects.pages import SignedIn
from projects.roles import Role
from registry.models import Model

ROWS = 10


@login_required
def project_page(request: SignedIn, slug: str) -> HttpResponse:
    """Everything of a project that the person may see."""
    user = request.user
    project = get_project(user, slug)
    requests = Request.objects.visible_to(user).filter(project=project)
    allocations = Allocation.objects.visible_to(user).filter(project=project)
    jobs = Job.objects.visible_to(user).filter(project=project).defer("script")
    members = Membership.objects.visible_to(user).filter(group=project.lead_group)
    context: dict[str, Any] = {
        "project": project,
        "verbs": project_verbs(user, project),
        "funding": project.funded_by(),
        "participants": project.participants.select_related("partner"),
        "members": members.select_related("user"),
        "models": Model.objects.visible_to(user).filter(project=project)[:ROWS],
        "requests": requests.annotate(asked=Sum("lines__gpu_seconds"))[:ROWS],
        "allocations": allocations.select_related("pool__cluster", "balance", "limit")[:ROWS],
        "joining": JoinRequest.objects.visible_to(user)
        .filter(project=project)
        .waiting()
        .select_related("group__partner"),
        "has_asked": JoinRequest.objects.waiting()
        .filter(project=project, group__in=user.standing.group_roles)
        .exists(),
        "may_join": project.pk not in user.standing.project_ids
        and Role.LEAD in user.standing.group_roles.values(),
        "jobs": jobs.select_related("cluster")[:ROWS],
    }
    return render(request, "cesai/project.html", context)

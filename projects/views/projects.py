"""Projects: the list, making one, changing it, and who takes part."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from projects import access
from projects.actions import projects
from projects.actions.joining import answer_join, ask_to_join
from projects.errors import Conflict, Invalid
from projects.forms import EditProjectForm, NewProjectForm, ParticipantForm, ProjectForm
from projects.models import Group, Project
from projects.pages import SignedIn, page_of
from projects.roles import Verb
from projects.sheets import csv_of, wants_csv

COLUMNS = {
    "slug": "slug", "title": "title", "lead_group": "lead_group__slug",
    "partner": "lead_group__partner__slug", "visibility": "visibility",
    "initiative": "initiative__slug", "created_at": "created_at",
}  # fmt: skip


@login_required
def project_list(request: SignedIn) -> HttpResponseBase:
    """The projects one may see."""
    user = request.user
    rows = Project.objects.visible_to(user).select_related("lead_group__partner")
    if wants_csv(request):
        return csv_of("projects", rows, COLUMNS)
    own = Group.objects.filter(pk__in=user.standing.group_roles).select_related("partner")
    may = [group for group in own if Verb.CREATE_PROJECT in access.group_verbs(user, group)]
    page = page_of(rows, request.GET, by="created_at")
    return render(request, "projects/projects.html", {"page": page, "groups": may})


@login_required
def new_project(request: SignedIn, key: str) -> HttpResponse:
    """A new effort of a group."""
    group = access.get_group(request.user, key, Verb.CREATE_PROJECT)
    form = NewProjectForm(request.POST or None)
    if form.sent_by(request):
        with form.told():
            project = projects.create_project(
                by=request.user, lead_group=group, now=timezone.now(), **form.cleaned_data
            )
            return redirect("project", project.slug)
    context = {"form": form, "group": group}
    return render(request, "projects/project_form.html", context, status=form.status)


@login_required
def edit_project(request: SignedIn, slug: str) -> HttpResponse:
    """Change what a project says of itself."""
    project = access.get_project(request.user, slug, Verb.EDIT_PROJECT)
    initial = {name: getattr(project, name) for name in ProjectForm.base_fields}
    initial["funding"] = project.funding.all()
    form = EditProjectForm(request.POST or None, initial=initial)
    if form.sent_by(request):
        with form.told():
            projects.update_project(
                by=request.user, project=project, values=form.cleaned_data, now=timezone.now()
            )
            messages.success(request, _("The project was changed."))
            return redirect("project", project.slug)
    context = {"form": form, "project": project}
    return render(request, "projects/project_form.html", context, status=form.status)


@login_required
def add_participant(request: SignedIn, slug: str) -> HttpResponse:
    """Let another group take part."""
    project = access.get_project(request.user, slug, Verb.EDIT_PROJECT)
    form = ParticipantForm(request.POST or None, person=request.user, project=project)
    if form.sent_by(request):
        with form.told():
            group = form.cleaned_data["group"]
            projects.add_participant(
                by=request.user, project=project, group=group, now=timezone.now()
            )
            messages.success(request, _("%(group)s takes part now.") % {"group": group})
            return redirect("project", project.slug)
    context = {"form": form, "project": project}
    return render(request, "projects/participant_form.html", context, status=form.status)


@require_POST
@login_required
def remove_participant(request: SignedIn, slug: str, key: str) -> HttpResponse:
    """End a group's part."""
    project = access.get_project(request.user, slug, Verb.EDIT_PROJECT)
    group = access.get_group(request.user, key)
    projects.remove_participant(by=request.user, project=project, group=group, now=timezone.now())
    messages.success(request, _("%(group)s does not take part any more.") % {"group": group})
    return redirect("project", project.slug)


@require_POST
@login_required
def join(request: SignedIn, slug: str) -> HttpResponse:
    """Ask to take part in a project that one may see."""
    user = request.user
    project = access.get_project(user, slug)
    try:
        group = access.joining_group(user, request.POST.get("group") or None)
        ask_to_join(
            by=user,
            project=project,
            group=group,
            text=request.POST.get("text", ""),
            now=timezone.now(),
        )
        messages.success(request, _("Your wish was sent to the leads of the project."))
    except (Invalid, Conflict) as refusal:
        messages.error(request, str(refusal.detail))
    return redirect("project", project.slug)


@require_POST
@login_required
def answer_joining(request: SignedIn, key: str) -> HttpResponse:
    """Let a group take part, or not."""
    asked = access.get_join_request(request.user, key)
    answer_join(
        by=request.user,
        asked=asked,
        accepts=request.POST.get("accepts") == "yes",
        answer=request.POST.get("answer", "")[:5_000],
        now=timezone.now(),
    )
    messages.success(request, _("Answered; the group is told."))
    return redirect("project", asked.project.slug)

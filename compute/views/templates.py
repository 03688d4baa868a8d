"""Job templates: the list, one with its versions and its snippet, and keeping them."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from compute import access
from compute.actions import templates as actions
from compute.forms.jobs import NewTemplateForm, NextVersionForm, TemplateFilters, as_lines
from compute.models import Cluster, JobTemplate
from compute.views.exports import TEMPLATES
from projects.access import group_verbs
from projects.models import Group, User
from projects.pages import SignedIn
from projects.roles import Verb
from projects.sheets import csv_of, wants_csv

MOST, SHOWN = 200, 50


@login_required
def template_list(request: SignedIn) -> HttpResponseBase:
    """The templates that one may use."""
    filters = TemplateFilters(request.GET)
    rows = JobTemplate.objects.visible_to(request.user).filter(retired_at=None, **filters.chosen())
    if wants_csv(request):
        return csv_of("templates", rows, TEMPLATES)
    context = {
        "rows": rows.select_related("group", "cluster")[:MOST],
        "filters": filters,
        "may_keep": bool(_owners(request.user)),
    }
    return render(request, "compute/templates.html", context)


@login_required
def new_template(request: SignedIn) -> HttpResponse:
    """A template of one's group, or of a cluster that one operates."""
    user = request.user
    form = NewTemplateForm(request.POST or None, owners=_owners(user))
    if form.sent_by(request):
        values = form.cleaned_data
        with form.told():
            kind, _colon, key = values["owner"].partition(":")
            owner = access.template_owner(user, **{kind: key})
            about = {name: values[name] for name in ("name", "purpose", "description")}
            made = actions.create_template(
                by=user, owner=owner, facts=form.facts(), now=timezone.now(), **about
            )
            return redirect("template", made.pk)
    context = {"form": form}
    return render(request, "compute/template_form.html", context, status=form.status)


@login_required
def template_page(request: SignedIn, key: str) -> HttpResponse:
    """What it proposes, what it fixes, and the same as a script for one's own allocation."""
    user = request.user
    template = access.get_template(user, key)
    version = template.newest()
    usable = access.submittable_allocations(user)
    if template.cluster_id:
        usable = usable.filter(pool__cluster=template.cluster_id)
    allocations = list(usable[:SHOWN])
    chosen = next(
        (row for row in allocations if str(row.pk) == request.GET.get("allocation")),
        allocations[0] if allocations else None,
    )
    context = {
        "template": template,
        "version": version,
        "versions": template.versions.select_related("created_by"),
        "allocations": allocations,
        "chosen": chosen,
        "snippet": actions.snippet(version, chosen) if chosen else "",
        "verbs": access.template_verbs(user, template),
    }
    return render(request, "compute/template.html", context)


@login_required
def change(request: SignedIn, key: str) -> HttpResponse:
    """Its next version."""
    user = request.user
    template = access.get_template(user, key, Verb.KEEP_TEMPLATES)
    newest = template.newest()
    initial = {
        **newest.values, "environment": as_lines(newest.environment), "locked": newest.locked,
    }  # fmt: skip
    form = NextVersionForm(request.POST or None, initial=initial)
    if form.sent_by(request):
        with form.told():
            actions.change_template(
                by=user, template=template, facts=form.facts(), now=timezone.now()
            )
            messages.success(request, _("Kept as the next version."))
            return redirect("template", template.pk)
    context = {"form": form, "template": template}
    return render(request, "compute/template_form.html", context, status=form.status)


@require_POST
@login_required
def retire(request: SignedIn, key: str) -> HttpResponse:
    """No more jobs are made of it."""
    template = access.get_template(request.user, key, Verb.KEEP_TEMPLATES)
    actions.retire_template(by=request.user, template=template, now=timezone.now())
    messages.success(request, _("Retired; jobs that were made of it stay as they are."))
    return redirect("templates")


def _owners(user: User) -> list[tuple[str, str]]:
    """Whose templates the person keeps, as choices."""
    groups = Group.objects.filter(pk__in=user.standing.group_roles).select_related("partner")
    mine = [
        (f"group:{group.pk}", str(group))
        for group in groups
        if Verb.KEEP_TEMPLATES in group_verbs(user, group)
    ]
    clusters = Cluster.objects.operated_by(user)
    return [*mine, *((f"cluster:{cluster.pk}", cluster.name) for cluster in clusters)]

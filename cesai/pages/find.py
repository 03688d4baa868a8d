"""One search over everything that has a name, and over the pages themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from compute.models import Cluster, Job
from projects.access import as_uuid
from projects.models import Group, Initiative, Partner, Project, User
from projects.pages import SignedIn
from registry.models import Case, Model

EACH = 6
LEAST = 2
PAGES = (
    ("overview", gettext_lazy("Overview")),
    ("projects", gettext_lazy("Projects")),
    ("models", gettext_lazy("Models")),
    ("model-plan", gettext_lazy("Plan a model")),
    ("overlaps", gettext_lazy("Similar efforts")),
    ("cases", gettext_lazy("Cases")),
    ("watches", gettext_lazy("Watches")),
    ("requests", gettext_lazy("Requests")),
    ("request-new", gettext_lazy("Ask for GPU-hours")),
    ("planner", gettext_lazy("Planner")),
    ("allocations", gettext_lazy("Allocations")),
    ("jobs", gettext_lazy("Jobs")),
    ("job-new", gettext_lazy("Submit a job")),
    ("templates", gettext_lazy("Job templates")),
    ("clusters", gettext_lazy("Clusters")),
    ("capacity", gettext_lazy("Capacity")),
    ("calls", gettext_lazy("Calls")),
    ("groups", gettext_lazy("Groups")),
    ("partners", gettext_lazy("Partners")),
    ("map", gettext_lazy("Map")),
    ("initiatives", gettext_lazy("Roadmap")),
    ("reports", gettext_lazy("Report")),
    ("notices", gettext_lazy("Notices")),
    ("settings", gettext_lazy("Settings")),
    ("api-docs", gettext_lazy("API")),
)


class Hit(NamedTuple):
    """Something found: where it is, what it is called, and what else tells it apart."""

    path: str
    name: str
    more: str = ""


@login_required
def find(request: SignedIn) -> HttpResponse:
    """Hits by kind; the dialog of every page gets the list alone."""
    asked = request.GET.get("q", "").strip().replace("\0", "")[:100]
    kinds = list(_kinds(request.user, asked)) if len(asked) >= LEAST else []
    found = [(kind, hits) for kind, hits in kinds if hits]
    context = {"asked": asked, "found": found, "is_short": len(asked) < LEAST}
    template = "cesai/find.html#hits" if request.htmx else "cesai/find.html"
    return render(request, template, context)


def _kinds(user: User, asked: str) -> Iterator[tuple[str, list[Hit]]]:
    low = asked.casefold()
    yield (
        _("Pages"),
        [Hit(reverse(n), str(t)) for n, t in PAGES if low in str(t).casefold()][:EACH],
    )
    rows: QuerySet[Any] = Project.objects.visible_to(user).select_related("lead_group")
    yield (
        _("Projects"),
        [
            Hit(reverse("project", args=[row.slug]), row.title, row.lead_group.name)
            for row in rows.filter(Q(title__icontains=asked) | Q(slug__icontains=asked))[:EACH]
        ],
    )
    models = Model.objects.visible_to(user).matching(asked).select_related("group")
    yield (
        _("Models"),
        [
            Hit(reverse("model", args=[row.pk]), row.name, row.group.name)
            for row in models.order_by("-created_at")[:EACH]
        ],
    )
    rows = Group.objects.visible_to(user).select_related("partner")
    yield (
        _("Groups"),
        [
            Hit(reverse("group", args=[row.pk]), row.name, row.partner.name)
            for row in rows.filter(name__icontains=asked)[:EACH]
        ],
    )
    yield (
        _("Partners"),
        [
            Hit(reverse("partner", args=[row.slug]), row.name, row.city)
            for row in Partner.objects.filter(Q(name__icontains=asked) | Q(slug__icontains=asked))[
                :EACH
            ]
        ],
    )
    yield (
        _("Clusters"),
        [
            Hit(reverse("cluster", args=[row.slug]), row.name, row.partner.name)
            for row in Cluster.objects.visible_to(user)
            .filter(name__icontains=asked)
            .select_related("partner")[:EACH]
        ],
    )
    yield (
        _("Initiatives"),
        [
            Hit(reverse("initiative", args=[row.slug]), row.name)
            for row in Initiative.objects.visible_to(user).filter(name__icontains=asked)[:EACH]
        ],
    )
    yield (
        _("Cases"),
        [
            Hit(reverse("case", args=[row.pk]), row.code, str(row.get_state_display()))
            for row in Case.objects.visible_to(user).filter(code__istartswith=asked)[:EACH]
        ],
    )
    yield _("Jobs"), list(_jobs(user, asked))


def _jobs(user: User, asked: str) -> Iterator[Hit]:
    """By their Slurm number or their id: names of jobs are no names."""
    rows = Job.objects.visible_to(user).defer("script").select_related("project")
    key = as_uuid(asked)
    if key:
        rows = rows.filter(pk=key)
    elif asked.isdecimal() and len(asked) < 18:
        rows = rows.filter(slurm_job_id=int(asked))
    else:
        return
    for row in rows[:EACH]:
        name = row.name or _("job without name")
        yield Hit(reverse("job", args=[row.pk]), name, row.project.title)

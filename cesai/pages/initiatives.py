"""The roadmap of initiatives, and one with its projects, hours and models."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import ExtractYear
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from cesai.timeline import Span, axis_of
from compute.drawing import Chart, ChartRow, Series
from compute.models import Allocation, Cluster, MonthlyUse
from projects.access import get_initiative, portal_verbs
from projects.models import Initiative, Project, User
from projects.pages import SignedIn
from projects.roles import Verb
from registry.models import Model
from registry.models.labels import STATE_LABELS

MOST = 200


class Progress:
    """What has come of initiatives so far, as far as one may see it."""

    def __init__(self, user: User) -> None:
        allocations = Allocation.objects.visible_to(user).exclude(project__initiative=None)
        by_initiative = allocations.order_by().values_list("project__initiative")
        self.granted = dict(by_initiative.annotate(n=Sum("gpu_seconds")))
        self.projects: dict[UUID, int] = dict(
            Project.objects.visible_to(user)
            .exclude(initiative=None)
            .order_by()
            .values_list("initiative")
            .annotate(n=Count("pk"))
        )
        self.used = self._used(allocations)
        self.models = self._models(user)

    def of(self, initiative: Initiative) -> dict[str, Any]:
        """Its own and its stages' figures together."""
        keys = [initiative.pk, *(stage.pk for stage in initiative.stages.all())]
        models: defaultdict[str, int] = defaultdict(int)
        for key in keys:
            for state, count in self.models.get(key, {}).items():
                models[state] += count
        return {
            "initiative": initiative,
            "projects": sum(self.projects.get(key, 0) for key in keys),
            "granted": sum(self.granted.get(key, 0) for key in keys),
            "used": sum(sum(self.used.get(key, {}).values()) for key in keys),
            "models": [(label, models[state], state) for state, label in STATE_LABELS],
        }

    @staticmethod
    def _used(allocations: QuerySet[Allocation]) -> dict[UUID, dict[int, int]]:
        rows = (
            MonthlyUse.objects.filter(allocation__in=allocations)
            .order_by()
            .annotate(year=ExtractYear("month"))
            .values_list("allocation__project__initiative", "year")
            .annotate(n=Sum("gpu_seconds"))
        )
        found: dict[UUID, dict[int, int]] = {}
        for key, year, amount in rows:
            found.setdefault(key, {})[year] = amount
        return found

    @staticmethod
    def _models(user: User) -> dict[UUID, dict[str, int]]:
        rows = (
            Model.objects.visible_to(user)
            .exclude(project__initiative=None)
            .order_by()
            .values_list("project__initiative", "state")
            .annotate(n=Count("pk"))
        )
        found: dict[UUID, dict[str, int]] = {}
        for key, state, count in rows:
            found.setdefault(key, {})[state] = count
        return found


@login_required
def roadmap(request: SignedIn) -> HttpResponse:
    """All initiatives over the years, each with its stages below it."""
    rows = Initiative.objects.visible_to(request.user).filter(parent=None)
    found = list(rows.prefetch_related("stages__stages")[:MOST])
    progress = Progress(request.user)
    today = timezone.now().astimezone(UTC).date()
    spans = [
        Span(progress.of(one), one.start, one.end, is_part=one is not top)
        for top in found
        for one in (top, *top.stages.all())
    ]
    context = {
        "axis": axis_of(spans, today),
        "chart": _by_year(found, progress),
        "now": timezone.now(),
        "behind": Cluster.objects.visible_to(request.user).silent(timezone.now()),
        "may_keep": Verb.KEEP_INITIATIVES in portal_verbs(request.user),
    }
    return render(request, "cesai/roadmap.html", context)


@login_required
def initiative_page(request: SignedIn, slug: str) -> HttpResponse:
    """One initiative: what it is for, who pays, and what has come of it."""
    user = request.user
    initiative = get_initiative(user, slug)
    keys = [initiative.pk, *initiative.stages.values_list("pk", flat=True)]
    projects = Project.objects.visible_to(user).filter(initiative__in=keys)
    allocations = Allocation.objects.visible_to(user).filter(project__initiative__in=keys)
    by_project = allocations.order_by().values_list("project")
    granted = dict(by_project.annotate(n=Sum("gpu_seconds")))
    used = dict(by_project.annotate(n=Sum("balance__used")))
    progress = Progress(user)
    rows = projects.select_related("lead_group__partner", "initiative")[:MOST]
    context = {
        "initiative": initiative,
        "stages": [progress.of(stage) for stage in initiative.stages.all()],
        "progress": progress.of(initiative),
        "chart": _by_year([initiative], progress),
        "funding": initiative.funding.all(),
        "projects": [(row, granted.get(row.pk, 0), used.get(row.pk, 0)) for row in rows],
        "models": Model.objects.visible_to(user)
        .filter(project__in=projects)
        .select_related("group")[:MOST],
        "now": timezone.now(),
        "behind": Cluster.objects.visible_to(request.user).silent(timezone.now()),
        "may_keep": Verb.KEEP_INITIATIVES in portal_verbs(user),
    }
    return render(request, "cesai/initiative.html", context)


def _by_year(initiatives: list[Initiative], progress: Progress) -> Chart:
    """Used GPU-hours of each year, one colour an initiative."""
    used = {}
    for one in initiatives:
        parts = [progress.used.get(key.pk, {}) for key in (one, *one.stages.all())]
        years_of = {year for part in parts for year in part}
        used[one] = {year: sum(part.get(year, 0) for part in parts) for year in years_of}
    with_use = [one for one in initiatives if any(used[one].values())]
    years = sorted({year for one in with_use for year in used[one]})
    return Chart(
        caption=_("GPU-hours used per year"),
        first=_("Year"),
        series=[Series(one.name) for one in with_use],
        rows=[ChartRow(str(year), [used[one].get(year, 0) for one in with_use]) for year in years],
    )

"""Reports for funders: a page to look at and to print, and the same as CSV and as a workbook."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cesai.reporting import Report, Scope, definitions, report_of
from compute.forms.capacity import LAST_YEAR, Month
from compute.models import Cluster
from compute.quota import gpu_hours, next_month
from projects.access import portal_verbs
from projects.errors import NotThere
from projects.models import Initiative, Partner, Project, User
from projects.pages import MOST_LISTED, Day, SignedIn
from projects.roles import Verb
from projects.sheets import Sheet, csv_answer, xlsx_answer

MOST_MONTHS = 120
SHOWN = 100  # projects; `?all` shows, and prints, the others, too
HEAD = (
    "period_from", "period_until", "known_until", "partner", "group", "project", "title",
    "initiative", "cluster", "pool", "gpu_type", "origin", "allocation", "window_from",
    "window_until", "state", "granted_gpu_hours", "granted_for_period_gpu_hours",
    "used_gpu_hours", "used_since_it_began_gpu_hours", "lapsed_gpu_hours",
    "given_back_gpu_hours", "left_gpu_hours", "jobs", "h100_equivalent_hours", "energy_kwh",
)  # fmt: skip


class ReportForm(forms.Form):
    """Period, cut-off and scope, as the address holds them."""

    first = Month(label=gettext_lazy("from"), required=False)
    last = Month(label=gettext_lazy("up to and with"), required=False)
    cut_off = Day(label=gettext_lazy("cut-off date"), required=False)
    partner = forms.CharField(label=gettext_lazy("partner"), max_length=40, required=False)
    project = forms.CharField(label=gettext_lazy("project"), max_length=24, required=False)
    initiative = forms.CharField(label=gettext_lazy("initiative"), max_length=40, required=False)
    cluster = forms.CharField(label=gettext_lazy("cluster"), max_length=40, required=False)

    def __init__(self, data: Any, *, user: User, today: date) -> None:
        given = {name: value for name, value in data.items() if name in self.base_fields}
        defaults = {"first": f"{today:%Y}-01", "last": f"{today:%Y-%m}"}
        super().__init__({**defaults, **{k: v for k, v in given.items() if v}})
        projects = Project.objects.visible_to(user)
        partners = Partner.objects.filter(groups__led_projects__in=projects).distinct()
        rows: dict[str, Any] = {
            "partner": partners.values_list("slug", "name"),
            "project": _some(projects.order_by("title"), given.get("project", "")),
            "initiative": Initiative.objects.visible_to(user).values_list("slug", "name"),
            "cluster": Cluster.objects.visible_to(user).values_list("slug", "name"),
        }
        for name, choices in rows.items():
            self.fields[name].widget = forms.Select(choices=[("", _("all")), *choices])

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError for a period that runs backwards or for ever."""
        values: dict[str, Any] = super().clean() or {}
        first, last = values.get("first"), values.get("last")
        if first and last and last < first:
            raise forms.ValidationError(_("The period must end after it begins."))
        if first and last and ((last - first).days > MOST_MONTHS * 31 or last.year > LAST_YEAR):
            raise forms.ValidationError(_("Ten years at most."))
        return values

    def scope(self) -> Scope:
        """What was asked for; only for a valid form."""
        values = dict(self.cleaned_data)
        start, end = values.pop("first"), next_month(values.pop("last"))
        return Scope(start=start, end=end, **values)


def _some(projects: QuerySet[Project], chosen: str) -> list[tuple[str, str]]:
    """So many as a list is of use with, and the chosen one; the address takes any other, too."""
    first = projects.values_list("slug", "title")[:MOST_LISTED]
    rows = [(slug, title) for slug, title in first]
    if chosen and "\0" not in chosen and all(slug != chosen for slug, _title in rows):
        rows += projects.filter(slug=chosen).values_list("slug", "title")
    return rows


@login_required
def report_page(request: SignedIn) -> HttpResponse:
    """To look at and to print."""
    now = timezone.now()
    form = _form(request)
    context: dict[str, Any] = {"form": form, "now": now, "query": request.GET.urlencode()}
    context["may_decide"] = Verb.SEE_WORKLIST in portal_verbs(request.user)
    if form.is_valid():
        scope = form.scope()
        report = report_of(request.user, scope, now)
        context |= {
            "report": report,
            "projects": report.projects[: None if "all" in request.GET else SHOWN],
            "scope": scope,
            "last": form.cleaned_data["last"],
            "named": _names(form),
            "definitions": definitions(),
        }
    return render(request, "cesai/report.html", context, status=200 if form.is_valid() else 400)


@login_required
def report_csv(request: SignedIn) -> StreamingHttpResponse:
    """One row an allocation."""
    report = _report(request)
    return csv_answer(_file_name(report.scope), HEAD, _rows(report))


@login_required
def report_xlsx(request: SignedIn) -> HttpResponse:
    """The same rows, the sums by project, the funders, the models and what the figures mean."""
    report = _report(request)
    hours = _("GPU-hours")
    sheets = [
        Sheet(_("Allocations"), HEAD, _rows(report)),
        Sheet(
            _("Projects"),
            (_("Project"), _("Granted for the period"), _("Used"), _("Jobs"), _("Left")),
            [
                (p.title, gpu_hours(f.share), gpu_hours(f.used), f.jobs, gpu_hours(f.left))
                for p, f in report.projects
            ],
        ),
        Sheet(
            report.chart.caption,
            (report.chart.first, *(series.name for series in report.chart.series)),
            [(r.label, *(gpu_hours(v or 0) for v in r.values)) for r in report.chart.rows],
        ),
        Sheet(
            _("By funder"),
            (_("Funder"), hours),
            [(name or _("not stated"), gpu_hours(used)) for name, used in report.funders],
        ),
        Sheet(
            _("Models"),
            (_("State"), _("Models")),
            [(label, count) for label, count, _state in report.models],
        ),
        Sheet(_("Definitions"), (_("Figure"), _("What it means")), definitions()),
    ]
    return xlsx_answer(_file_name(report.scope), sheets)


def _form(request: SignedIn) -> ReportForm:
    today = timezone.now().astimezone(UTC).date()
    return ReportForm(request.GET, user=request.user, today=today)


def _report(request: SignedIn) -> Report:
    """Raises NotThere for an address that no link of ours has."""
    form = _form(request)
    if not form.is_valid():
        raise NotThere
    return report_of(request.user, form.scope(), timezone.now())


def _names(form: ReportForm) -> list[str]:
    """What the scope is called, in words."""
    found = []
    for name in ("partner", "project", "initiative", "cluster"):
        chosen = form.cleaned_data[name]
        widget: Any = form.fields[name].widget
        if chosen:
            found.append(str(dict(widget.choices).get(chosen, chosen)))
    return found


def _file_name(scope: Scope) -> str:
    parts = [scope.partner, scope.project, scope.initiative, scope.cluster]
    named = "-".join(part for part in parts if part and part.replace("-", "").isalnum())
    return "-".join(filter(None, ["report", named, f"{scope.start:%Y-%m}", f"{scope.end:%Y-%m}"]))


def _rows(report: Report) -> Iterator[tuple[Any, ...]]:
    scope = report.scope
    known = report.known_until or timezone.now()
    for line in report.lines:
        allocation, pool = line.allocation, line.allocation.pool
        project = allocation.project
        h100, energy = line.h100_seconds, line.energy_wh
        yield (
            scope.start, scope.end, known.isoformat(timespec="seconds"),
            project.lead_group.partner.name, project.lead_group.name, project.slug, project.title,
            project.initiative.name if project.initiative else "", pool.cluster.slug, pool.slug,
            pool.gpu_type, allocation.origin, str(allocation.pk), allocation.start, allocation.end,
            allocation.state, gpu_hours(line.granted), gpu_hours(line.share),
            gpu_hours(line.used), gpu_hours(line.used_ever), gpu_hours(line.lapsed),
            gpu_hours(line.given_back), gpu_hours(line.left), line.jobs,
            None if h100 is None else gpu_hours(h100), None if energy is None else energy / 1000,
        )  # fmt: skip

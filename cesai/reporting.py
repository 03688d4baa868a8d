"""What is reported to funders and committees about a period, as it was known at a cut-off."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import (
    Count,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.functions import Coalesce
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from compute.drawing import Chart, ChartRow, Series
from compute.models import Allocation, Cluster, Request
from compute.models.periods import Line, Period, period_of
from compute.quota import months_in
from compute.states import RequestState
from projects.models import Project, User
from projects.models.initiatives import shares_of
from registry.models import Case, Model, ModelMove
from registry.models.labels import STATE_LABELS
from registry.vocabulary import ModelState

COLOURS = 7  # what comes after them is one series


@dataclass(frozen=True, slots=True)
class Scope:
    """Which projects, on which cluster, in which months, and up to when it was known.

    `start` and `end` are first days of months, the end not included; `cut_off` is the last day
    whose bookings count, None for all of them.
    """

    start: date
    end: date
    cut_off: date | None = None
    partner: str = ""
    project: str = ""
    initiative: str = ""
    cluster: str = ""

    def known_until(self, now: datetime) -> datetime | None:
        """The moment after the day of the cut-off; None if that is still to come."""
        if self.cut_off is None or self.cut_off >= now.astimezone(UTC).date():
            return None
        return datetime.combine(self.cut_off + timedelta(1), time(), UTC)

    def of_projects(self, prefix: str = "") -> Q:
        """The condition for rows that lead to a project by `prefix`."""
        q = Q()
        if self.partner:
            q &= Q(**{f"{prefix}lead_group__partner__slug": self.partner})
        if self.project:
            q &= Q(**{f"{prefix}slug": self.project})
        if self.initiative:
            q &= Q(**{f"{prefix}initiative__slug": self.initiative}) | Q(
                **{f"{prefix}initiative__parent__slug": self.initiative}
            )
        return q


@dataclass
class Figures:
    """Figures of lines added up, in GPU-seconds and watt-hours; what is unknown is counted."""

    share: int = 0
    used: int = 0
    lapsed: int = 0
    given_back: int = 0
    left: int = 0
    jobs: int = 0
    h100: int = 0
    energy_wh: int = 0
    lines: int = 0
    without_energy: int = 0
    without_weight: int = 0

    def add(self, line: Line) -> None:
        """One allocation more."""
        for name in ("share", "used", "lapsed", "given_back", "left", "jobs"):
            setattr(self, name, getattr(self, name) + getattr(line, name))
        energy, h100 = line.energy_wh, line.h100_seconds
        self.h100 += h100 or 0
        self.energy_wh += energy or 0
        self.lines += 1
        self.without_energy += energy is None and line.used > 0
        self.without_weight += h100 is None and line.used > 0


@dataclass
class Report:
    """All of a report's figures; see `definitions` for what each means."""

    scope: Scope
    known_until: datetime | None
    lines: list[Line]
    total: Figures
    projects: list[tuple[Project, Figures]]
    chart: Chart
    funders: list[tuple[str, int]]
    models: list[tuple[str, int, str]]
    decisions: dict[str, Any]
    avoided: dict[str, Any]
    behind: list[Cluster] = field(default_factory=list)


def report_of(user: User, scope: Scope, now: datetime) -> Report:
    """What the person may see of it."""
    known_until = scope.known_until(now)
    rows = Allocation.objects.visible_to(user).filter(scope.of_projects("project__"))
    if scope.cluster:
        rows = rows.filter(pool__cluster__slug=scope.cluster)
    period = period_of(rows, scope.start, scope.end, known_until=known_until)
    lines = period.lines
    total = Figures()
    projects: dict[Project, Figures] = {}
    for line in lines:
        total.add(line)
        projects.setdefault(line.allocation.project, Figures()).add(line)
    clusters = {line.allocation.pool.cluster_id for line in lines}
    return Report(
        scope=scope,
        known_until=known_until,
        lines=lines,
        total=total,
        projects=sorted(projects.items(), key=lambda pair: (-pair[1].used, pair[0].title)),
        chart=_used_by_month(period, scope),
        funders=_by_funder(projects),
        models=_models(user, scope, known_until),
        decisions=_decisions(user, scope, known_until),
        avoided=_avoided(user, scope, known_until),
        behind=list(Cluster.objects.silent(now).filter(pk__in=clusters)),
    )


def largest(sums: dict[Any, int], most: int = COLOURS) -> tuple[list[Any], set[Any]]:
    """The largest keys in order, and the rest of them, which share one colour."""
    order = sorted(sums, key=lambda key: (-sums[key], str(key)))
    order = [key for key in order if sums[key]]
    if len(order) <= most:
        return order, set()
    return order[: most - 1], set(order[most - 1 :])


def _used_by_month(period: Period, scope: Scope) -> Chart:
    clusters = {line.allocation.pool.cluster_id: line.allocation.pool.cluster
                for line in period.lines}  # fmt: skip
    sums: defaultdict[Cluster, int] = defaultdict(int)
    for (key, _month), amount in period.used.items():
        sums[clusters[key]] += amount
    shown, rest = largest(sums)
    months = list(months_in(scope.start, scope.end))
    series = [Series(cluster.name) for cluster in shown]
    cells = {month: [0] * (len(shown) + bool(rest)) for month in months}
    place = {cluster.pk: number for number, cluster in enumerate(shown)}
    for (key, month), amount in period.used.items():
        cells[month][place.get(key, len(shown))] += amount
    if rest:
        series.append(Series(_("%(n)s other clusters") % {"n": len(rest)}))
    rows = [ChartRow(date_format(m, "F Y"), cells[m], short=date_format(m, "M y")) for m in months]
    return Chart(_("GPU-hours used per month"), _("Month"), series, rows)


def _by_funder(projects: dict[Project, Figures]) -> list[tuple[str, int]]:
    """Used GPU-seconds by the funders of the projects; what no share says stands at the end."""
    shares = shares_of(projects)
    funders: defaultdict[str, int] = defaultdict(int)
    unsaid = 0
    for project, figures in projects.items():
        used = figures.used
        left = used
        for share in shares[project.pk]:
            part = int(Decimal(used) * share.percent / 100)
            funders[share.funder] += part
            left -= part
        unsaid += left
    found = sorted(funders.items(), key=lambda pair: (-pair[1], pair[0]))
    return [*found, ("", unsaid)] if unsaid else found


def _models(user: User, scope: Scope, known_until: datetime | None) -> list[tuple[str, int, str]]:
    """How many models of the projects were in which state at the end of the period."""
    end = _end_of(scope, known_until)
    rows = Model.objects.visible_to(user).filter(project__isnull=False, created_at__lt=end)
    rows = rows.filter(scope.of_projects("project__"))
    last = ModelMove.objects.filter(model=OuterRef("pk"), at__lt=end).order_by("-at", "-pk")
    # Few models moved since a period that is over, and none since one that is not.
    moved = set(ModelMove.objects.filter(at__gte=end).values_list("model", flat=True))
    found: defaultdict[str, int] = defaultdict(int)
    same = rows.exclude(pk__in=moved).order_by().values_list("state").annotate(n=Count("pk"))
    for state, count in same:
        found[state] += count
    following = ModelMove.objects.filter(model=OuterRef("pk"), at__gte=end).order_by("at", "pk")
    then = rows.filter(pk__in=moved).annotate(
        then=Coalesce(
            Subquery(last.values("to_state")[:1]), Subquery(following.values("from_state")[:1])
        )
    )
    for state in then.values_list("then", flat=True):
        found[state or ModelState.PLANNED.value] += 1
    return [(str(label), found[state], state) for state, label in STATE_LABELS if found[state]]


def _end_of(scope: Scope, known_until: datetime | None) -> datetime:
    end = datetime.combine(scope.end, time(), UTC)
    return min(end, known_until) if known_until else end


def _decisions(user: User, scope: Scope, known_until: datetime | None) -> dict[str, Any]:
    """Requests decided in the period: how many, and what was asked and awarded."""
    rows = Request.objects.visible_to(user).filter(
        scope.of_projects("project__"),
        decided_at__gte=datetime.combine(scope.start, time(), UTC),
        decided_at__lt=_end_of(scope, known_until),
    )
    if scope.cluster:
        rows = rows.filter(lines__pool__cluster__slug=scope.cluster).distinct()
    return {
        "awarded": rows.filter(state=RequestState.AWARDED).count(),
        "denied": rows.filter(state=RequestState.DENIED).count(),
        "asked": _lines_sum(rows, "lines__gpu_seconds"),
        "given": _lines_sum(rows, "lines__awards__gpu_seconds"),
    }


def _lines_sum(rows: QuerySet[Request], path: str) -> int:
    keys = rows.order_by().values("pk")
    return Request.objects.filter(pk__in=keys).aggregate(n=Sum(path))["n"] or 0


def _avoided(user: User, scope: Scope, known_until: datetime | None) -> dict[str, Any]:
    """GPU-hours that cases avoided, confirmed by the groups, decided in the period."""
    cases = Case.objects.visible_to(user).confirmed()
    cases = cases.filter(
        decided_at__gte=datetime.combine(scope.start, time(), UTC),
        decided_at__lt=_end_of(scope, known_until),
    )
    condition = scope.of_projects("parties__model__project__")
    if condition:
        cases = cases.filter(condition)
    found = Case.objects.filter(pk__in=cases.order_by().values("pk"))
    sums = found.aggregate(low=Sum("avoided_low"), high=Sum("avoided_high"))
    return {"cases": found.count(), "low": sums["low"] or 0, "high": sums["high"] or 0}


def definitions() -> list[tuple[str, str]]:
    """What each figure of a report means."""
    return [
        (_("Period"), _("Whole calendar months in UTC, from the first to the last one named.")),
        (
            _("Cut-off"),
            _(
                "Only what was booked up to the end of this day (UTC) counts; a report of the same"
                " period and cut-off shows the same figures whenever it is made."
            ),
        ),
        (
            _("GPU-hours"),
            _(
                "One GPU allocated to a job for one hour, used or idle, as the cluster's"
                " accounting says. GPU-hours of different GPUs are added as they are."
            ),
        ),
        (
            _("Granted for the period"),
            _(
                "What was awarded here or by another board, spread over the allocation's window"
                " by days; the part of the months of the period."
            ),
        ),
        (
            _("Used"),
            _(
                "GPU-hours of jobs that ended, in the months in which they ran. Corrections by"
                " hand count in “used since it began” and in no month."
            ),
        ),
        (_("Jobs"), _("Entries of the accounting that used GPUs and ended in the period.")),
        (
            _("Lapsed and given back"),
            _("What ended unused with its allocation, and what projects returned; in the period."),
        ),
        (
            _("H100 equivalents"),
            _(
                "GPU-hours times the weight that the pool's operators declared; to compare, never"
                " to book."
            ),
        ),
        (
            _("Energy"),
            _(
                "GPU-hours times the power per GPU that the operators declared; neither the rest"
                " of the nodes nor cooling."
            ),
        ),
        (
            _("By funder"),
            _(
                "GPU-hours used times the funder's share of the project, else of its initiative;"
                " what no share names stands apart."
            ),
        ),
        (
            _("Avoided"),
            _(
                "GPU-hours requested minus those finally awarded in cases of similar efforts"
                " decided in the period, where every invited group confirmed it."
            ),
        ),
    ]

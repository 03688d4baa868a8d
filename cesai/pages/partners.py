"""Partners with what they have, and the map of them and their clusters."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from math import sqrt
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from compute.models import Allocation, Cluster
from projects.access import get_partner
from projects.actions.partners import update_partner
from projects.errors import NotAllowed
from projects.forms import PartnerForm
from projects.geography import ATTRIBUTION, HEIGHT, WIDTH, is_on_map, outlines, place_of, project
from projects.models import Group, Partner, Project, User
from projects.pages import Filters, SignedIn
from projects.roles import Verb
from projects.sheets import csv_of, wants_csv
from registry.models import Model
from registry.models.finding import who_can
from registry.questions import understood

MOST = 300
ROWS = 50
FAINT = frozenset({"DZ", "MA", "TN"})  # there for the coast alone
COLUMNS = {
    "slug": "slug", "name": "name", "ror": "ror", "sector": "sector", "country": "country",
    "city": "city",
}  # fmt: skip
Rows = QuerySet[Partner]


class PartnerFilters(Filters):
    lookups = {"sector": "sector", "country": "country"}

    name = forms.CharField(label=gettext_lazy("name"), max_length=100, required=False)
    sector = forms.ChoiceField(
        label=gettext_lazy("sector"),
        choices=[("", gettext_lazy("all")), *Partner.Sector.choices],
        required=False,
    )
    country = forms.CharField(label=gettext_lazy("country"), max_length=2, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        codes = Partner.objects.exclude(country="").order_by("country")
        countries = codes.values_list("country", "country").distinct()
        self.fields["country"].widget = forms.Select(choices=[("", _("all")), *countries])

    def narrowed(self) -> Rows:
        """Partners by the address's filters. Raises NotThere for what no link of ours has."""
        rows = Partner.objects.filter(**self.chosen())
        name = self.cleaned_data["name"]
        return rows.filter(Q(name__icontains=name) | Q(slug__icontains=name)) if name else rows


class MapFilters(PartnerFilters):
    q = forms.CharField(label=gettext_lazy("who can do"), max_length=300, required=False)
    field_order = ["q", "sector", "country"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        del self.fields["name"]

    def narrowed(self) -> Rows:
        return Partner.objects.filter(**self.chosen())


@dataclass
class Town:
    """What there is in one place."""

    name: str
    x: float = 0
    y: float = 0
    partners: list[Partner] = field(default_factory=list)
    clusters: list[Cluster] = field(default_factory=list)
    is_drawn: bool = False

    @property
    def radius(self) -> float:
        """Its dot's: the area grows with the number of partners."""
        return round(6 + 3.2 * sqrt(max(len(self.partners), 1)), 1)

    @property
    def is_silent(self) -> bool:
        """Whether a connected cluster there does not answer."""
        now = timezone.now()
        connected = [c for c in self.clusters if c.connection != Cluster.Connection.NONE]
        return any(cluster.health.is_stale(now) for cluster in connected)

    @property
    def is_connected(self) -> bool:
        return any(c.connection != Cluster.Connection.NONE for c in self.clusters)


@login_required
def partner_list(request: SignedIn) -> HttpResponseBase:
    """All partners: who takes part is no secret."""
    filters = PartnerFilters(request.GET)
    narrowed = filters.narrowed()
    if wants_csv(request):
        return csv_of("partners", narrowed, COLUMNS)
    rows = list(narrowed[:MOST])
    keys = [row.pk for row in rows]
    groups = Group.objects.visible_to(request.user).filter(partner__in=keys)
    models = Model.objects.visible_to(request.user).filter(group__partner__in=keys)
    context = {
        "filters": filters,
        "rows": _beside(
            rows,
            groups=_counted(groups, "partner"),
            models=_counted(models, "group__partner"),
            clusters=_counted(Cluster.objects.visible_to(request.user), "partner"),
        ),
    }
    return render(request, "cesai/partners.html", context)


@login_required
def partner_page(request: SignedIn, slug: str) -> HttpResponse:
    """One partner: its groups, projects, models and clusters, and its GPU-hours."""
    user = request.user
    partner = get_partner(user, slug)
    allocations = Allocation.objects.visible_to(user).filter(project__lead_group__partner=partner)
    sums = allocations.aggregate(granted=Sum("gpu_seconds"), used=Sum("balance__used"))
    models = Model.objects.visible_to(user).filter(group__partner=partner)
    context = {
        "partner": partner,
        "may_edit": _may_edit(user, partner),
        "groups": Group.objects.visible_to(user).filter(partner=partner)[:ROWS],
        "projects": Project.objects.visible_to(user).filter(lead_group__partner=partner)[:ROWS],
        "models": models.select_related("group")[:ROWS],
        "clusters": Cluster.objects.visible_to(user)
        .filter(partner=partner)
        .select_related("health"),
        "sums": sums,
        "behind": Cluster.objects.silent(timezone.now()).filter(
            pk__in=allocations.values("pool__cluster")
        ),
        "now": timezone.now(),
    }
    return render(request, "cesai/partner.html", context)


@login_required
def edit_partner(request: SignedIn, slug: str) -> HttpResponse:
    """Its admins keep its record."""
    partner = get_partner(request.user, slug, Verb.EDIT_PARTNER)
    initial = {name: getattr(partner, name) for name in PartnerForm.base_fields}
    form = PartnerForm(request.POST or None, initial=initial)
    act = partial(update_partner, by=request.user, partner=partner, now=timezone.now())
    if form.carried(request, act):
        messages.success(request, _("Kept."))
        return redirect("partner", partner.slug)
    context = {"form": form, "partner": partner}
    return render(request, "cesai/partner_form.html", context, status=form.status)


@login_required
def map_page(request: SignedIn) -> HttpResponse:
    """Partners and clusters where they are; with a question, the partners who can do it."""
    user = request.user
    filters = MapFilters(request.GET)
    partners = filters.narrowed()
    question = understood(filters.cleaned_data["q"])
    if question.facets:
        can = {found.group.partner_id for found in who_can(user, question)}
        partners = partners.filter(pk__in=can)
    clusters = Cluster.objects.visible_to(user).filter(partner__in=partners)
    towns = _towns(
        partners.annotate(n=Count("groups"))[:MOST],
        clusters.select_related("health", "partner").annotate(gpus=Sum("pools__gpu_count")),
    )
    context = {
        "filters": filters,
        "question": question,
        "towns": towns,
        "drawn": [town for town in towns if town.is_drawn],
        "outlines": [(code, path, code in FAINT) for code, path in outlines()],
        "width": WIDTH,
        "height": HEIGHT,
        "attribution": ATTRIBUTION,
        "now": timezone.now(),
    }
    return render(request, "cesai/map.html", context)


def _towns(partners: Any, clusters: Any) -> list[Town]:
    """By place, those with most partners first; what has no known place under its own name."""
    found: dict[tuple[str, str], Town] = {}

    def at(city: str, country: str) -> Town:
        return found.setdefault((city.casefold(), country), Town(city or _("place not known")))

    for one in partners:
        at(one.city, one.country).partners.append(one)
    for cluster in clusters:
        record = cluster.public_record
        city = record.get("location") or cluster.partner.city
        country = record.get("country") or cluster.partner.country
        at(city, country).clusters.append(cluster)
    for (city, country), town in found.items():
        place = place_of(city, country) if city else None
        if place:
            town.x, town.y = (round(value, 1) for value in project(*place))
            town.is_drawn = is_on_map(town.x, town.y)
    return _joined(found.values())


def _joined(towns: Any) -> list[Town]:
    """Spellings of one place are one town."""
    places: dict[tuple[float, float], Town] = {}
    others = []
    for town in towns:
        if not town.is_drawn:
            others.append(town)
        elif (first := places.setdefault((town.x, town.y), town)) is not town:
            first.partners += town.partners
            first.clusters += town.clusters
    # The small dots last, so that they lie on the large ones; what is not drawn after them
    rows = sorted(places.values(), key=lambda t: (-len(t.partners) - len(t.clusters), t.name))
    return [*rows, *sorted(others, key=lambda town: town.name)]


def _counted(rows: QuerySet[Any], key: str) -> dict[Any, int]:
    return dict(rows.order_by().values_list(key).annotate(n=Count("pk")))


def _beside(rows: list[Partner], **counts: dict[Any, int]) -> list[dict[str, Any]]:
    return [
        {"partner": row, **{name: found.get(row.pk, 0) for name, found in counts.items()}}
        for row in rows
    ]


def _may_edit(user: User, partner: Partner) -> bool:
    try:
        get_partner(user, partner.pk, Verb.EDIT_PARTNER)
    except NotAllowed:
        return False
    return True

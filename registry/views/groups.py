"""Groups of all partners, and which of them can do what."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import CharField, F, Func, OuterRef, Q, Subquery, Value
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.access import get_group
from projects.models import Group
from projects.pages import SignedIn, page_of
from projects.roles import Verb
from projects.sheets import csv_of, wants_csv
from registry.actions.competences import describe_group
from registry.forms.groups import CompetencesForm, GroupFilters
from registry.models import Competences
from registry.models.finding import who_can, with_models
from registry.questions import Question, understood

MOST = 50
FACETS = ("languages", "tasks", "domains")
COLUMNS = {
    "id": "id", "partner": "partner__slug", "partner_name": "partner__name", "slug": "slug",
    "name": "name", "contact": "contact",
    **{name: Subquery(Competences.objects.filter(group=OuterRef("pk")).values(
        words=Func(F(name), Value(" "), function="array_to_string", output_field=CharField())))
       for name in FACETS},
}  # fmt: skip
EXAMPLES = (
    gettext_lazy("German medical speech"),
    gettext_lazy("easy language for administration"),
    gettext_lazy("code generation"),
)


@login_required
def group_list(request: SignedIn) -> HttpResponseBase:
    """The groups of all partners, or those that can do what was asked."""
    filters = GroupFilters(request.GET)
    filters.chosen()
    asked = filters.cleaned_data["q"]
    question = understood(asked)
    found = who_can(request.user, question)[:MOST]
    with_models(request.user, question, found)
    rows = Group.objects.visible_to(request.user).select_related("partner")
    if asked and not question.facets:
        rows = rows.filter(_named(question, asked))
    if wants_csv(request):
        return csv_of("groups", rows, COLUMNS)
    page = page_of(rows, request.GET, by="created_at")
    kept = Competences.objects.filter(group__in=[group.pk for group in page.rows])
    context = {
        "asked": asked,
        "question": question,
        "found": found,
        "page": page,
        "competences": {row.group_id: row for row in kept},
        "mine": set(request.user.standing.group_roles),
        "examples": EXAMPLES,
    }
    return render(request, "registry/groups.html", context)


@login_required
def describe(request: SignedIn, key: str) -> HttpResponse:
    """A group says what it can do."""
    group = get_group(request.user, key, Verb.DESCRIBE_GROUP)
    kept = Competences.objects.filter(group=group).first()
    initial = {n: getattr(kept, n) for n in CompetencesForm.base_fields} if kept else {}
    form = CompetencesForm(request.POST or None, initial=initial)
    act = partial(describe_group, by=request.user, group=group, now=timezone.now())
    if form.carried(request, act):
        messages.success(request, _("Kept. Others find the group by it from now on."))
        return redirect("group", group.pk)
    context = {"form": form, "group": group}
    return render(request, "registry/group_describe.html", context, status=form.status)


def _named(question: Question, asked: str) -> Q:
    """Groups in whose name, partner or description all of the words are."""
    q = Q()
    for word in question.rest or [asked]:
        places = ("name", "description", "partner__name", "partner__slug")
        one = Q()
        for place in places:
            one |= Q(**{f"{place}__icontains": word})
        q &= one
    return q

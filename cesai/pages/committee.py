"""Papers of a committee's meeting: what is to be decided, and what was decided, to print."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count, F, Q, QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from compute.models import Allocation, CapacityMonth, Request
from compute.states import RequestState
from compute.views.months import this_month
from projects.access import require_portal
from projects.models import User
from projects.pages import Day, Filters, SignedIn
from projects.roles import Verb
from registry.models import Case, Overlap

MOST = 200
LOOK_BACK = timedelta(days=30)


class PapersForm(Filters):
    """The day of the meeting, and since when its minutes tell what was decided."""

    meeting = Day(label=_("meeting on"))
    since = Day(label=_("decided since"))


@login_required
def papers(request: SignedIn) -> HttpResponse:
    """Agenda and minutes of one meeting."""
    user, now = request.user, timezone.now()
    require_portal(user, Verb.SEE_WORKLIST)
    today = now.astimezone(UTC).date()
    data = {"meeting": str(today), "since": str(today - LOOK_BACK), **_given(request)}
    form = PapersForm(data)
    form.chosen()
    meeting, since = form.cleaned_data["meeting"], form.cleaned_data["since"]
    context = {
        "filters": form,
        "meeting": meeting,
        "since": since,
        "now": now,
        "waiting": _agenda(user, meeting),
        "cases": Case.objects.visible_to(user).undecided().order_by("due_at")[:MOST],
        "over": _over_committed(now),
        "decided": _minutes(user, since, meeting),
        "outcomes": _outcomes(user, since, meeting),
    }
    return render(request, "cesai/committee.html", context)


def _given(request: SignedIn) -> dict[str, str]:
    return {name: str(value) for name, value in request.GET.items() if value}


def _agenda(user: User, meeting: date) -> list[dict[str, Any]]:
    """Requests handed in by the day of the meeting, the next due first, and what bears on them."""
    rows = Request.objects.visible_to(user).undecided()
    rows = rows.filter(submitted_at__lt=_after(meeting))
    rows = rows.select_related("project__lead_group__partner", "model", "owner")
    found = list(rows.annotate(asked=Sum("lines__gpu_seconds")).order_by("due_at", "id")[:MOST])
    projects = [row.project_id for row in found]
    earlier = dict(
        Allocation.objects.filter(project__in=projects)
        .order_by()
        .values_list("project")
        .annotate(n=Sum("gpu_seconds"))
    )
    similar = _similar(user, [row.model_id for row in found if row.model_id])
    return [
        {
            "row": row,
            "earlier": earlier.get(row.project_id, 0),
            "similar": similar.get(row.model_id, 0),
        }
        for row in found
    ]


def _similar(user: User, models: list[Any]) -> dict[Any, int]:
    """How many similar efforts each model has."""
    found: dict[Any, int] = {}
    for side in ("a", "b"):
        rows = Overlap.objects.visible_to(user).flagged().filter(**{f"{side}__in": models})
        for key, count in rows.order_by().values_list(side).annotate(n=Count("pk")):
            found[key] = found.get(key, 0) + count
    return found


def _minutes(user: User, since: date, meeting: date) -> QuerySet[Request]:
    """Requests awarded, denied or sent back in the time, with reasons."""
    rows = Request.objects.visible_to(user).filter(
        state__in=(RequestState.AWARDED, RequestState.DENIED),
        decided_at__gte=datetime.combine(since, time(), UTC),
        decided_at__lt=_after(meeting),
    )
    rows = rows.select_related("project__lead_group__partner", "decided_by", "signature__by")
    # The awards of a line are several: what was asked is added up apart from them
    rows = rows.annotate(given=Sum("lines__awards__gpu_seconds"))
    return rows.prefetch_related("lines", "recusals__user").order_by("decided_at", "id")[:MOST]


def _outcomes(user: User, since: date, meeting: date) -> QuerySet[Case]:
    rows = Case.objects.visible_to(user).filter(
        decided_at__gte=datetime.combine(since, time(), UTC), decided_at__lt=_after(meeting)
    )
    return rows.select_related("decided_by").order_by("decided_at", "id")[:MOST]


def _over_committed(now: datetime) -> QuerySet[CapacityMonth]:
    """Months to come of which more is granted and kept than offered."""
    beyond = F("granted") + F("reserved") - F("offered")
    rows = CapacityMonth.objects.filter(Q(month__gte=this_month(now)))
    rows = rows.annotate(beyond=beyond).filter(beyond__gt=0)
    return rows.select_related("pool").order_by("pool__name", "month")[:MOST]


def _after(day: date) -> datetime:
    return datetime.combine(day + timedelta(1), time(), UTC)

"""What waits for a decision of the portal's staff: requests, cases and grants in one list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.db.models import F, Max, QuerySet, Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from compute.models import ExternalGrant, Request
from projects.access import portal_verbs
from projects.models import User
from projects.roles import Verb
from registry.models import Case
from registry.models.case_sight import HOUR, glances_at

SHOWN = 10
GRANT_DUE = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Item:
    """One decision: GPU-seconds at stake as a range, who has to act, and until when."""

    kind: str
    title: str
    of: str
    path: str
    low: int
    high: int
    waiting_on: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class WorkList:
    """The first items, and how many there are in all, due today and overdue."""

    items: list[Item]
    count: int
    due_today: int
    overdue: int
    next_due: datetime | None


def work_of(user: User, now: datetime, *, by_stake: bool = False) -> WorkList:
    """What the person's role decides on, the next due or the most costly first."""
    end = datetime.combine(now.astimezone(UTC).date() + timedelta(1), time(), UTC)
    sources = [_requests(user), _cases(user)]
    if Verb.CONFIRM_GRANT in portal_verbs(user):
        sources.append(_grants(user))
    items: list[Item] = []
    count = today = overdue = 0
    for rows, due, shown in sources:
        count += rows.count()
        today += rows.filter(**{f"{due}__gte": now, f"{due}__lt": end}).count()
        overdue += rows.filter(**{f"{due}__lt": now}).count()
        items += shown(by_stake)
    key = (lambda one: -one.high) if by_stake else (lambda one: one.due_at)
    items.sort(key=key)
    return WorkList(items[:SHOWN], count, today, overdue, items[0].due_at if items else None)


Source = tuple[Any, str, Any]


def _requests(user: User) -> Source:
    rows = Request.objects.visible_to(user).undecided()

    def shown(by_stake: bool) -> Iterator[Item]:
        found: QuerySet[Any] = rows.select_related("project__lead_group__partner", "owner")
        found = found.annotate(asked=Sum("lines__gpu_seconds"))
        order = ("-asked", "id") if by_stake else ("due_at", "id")
        for row in found.order_by(*order)[:SHOWN]:
            yield Item(
                kind=_("Request"),
                title=row.project.title,
                of=f"{row.get_purpose_display()} · {row.project.lead_group.partner.name}",
                path=reverse("request", args=[row.pk]),
                low=row.asked or 0,
                high=row.asked or 0,
                waiting_on=row.owner.shown_name if row.owner else _("the reviewers"),
                due_at=row.due_at or row.created_at,
            )

    return rows, "due_at", shown


def _cases(user: User) -> Source:
    rows = Case.objects.visible_to(user).undecided()
    rows = rows.filter(waiting_on=Case.WaitingOn.COORDINATOR)

    def shown(by_stake: bool) -> Iterator[Item]:
        found: QuerySet[Any] = rows.select_related("owner")
        found = found.annotate(high=Max("overlaps__stake_high"))
        order = (F("high").desc(nulls_last=True), "id") if by_stake else ("due_at", "id")
        first = list(found.order_by(*order)[:SHOWN])
        glances = glances_at(first, user)
        for row in first:
            glance = glances[row.pk]
            yield Item(
                kind=_("Case"),
                title=" · ".join(glance.names) or row.code,
                of=f"{row.code} · {row.get_about_display()}",
                path=reverse("case", args=[row.pk]),
                low=round(glance.stake[0] * HOUR),
                high=round(glance.stake[1] * HOUR),
                waiting_on=row.owner.shown_name if row.owner else _("coordinator"),
                due_at=row.due_at,
            )

    return rows, "due_at", shown


def _grants(user: User) -> Source:
    """Grants of other boards that nobody confirmed yet, due five days after they came."""
    rows = ExternalGrant.objects.visible_to(user).filter(state=ExternalGrant.State.REGISTERED)

    def shown(by_stake: bool) -> Iterator[Item]:
        order = ("-gpu_seconds", "id") if by_stake else ("registered_at", "id")
        for row in rows.select_related("project").order_by(*order)[:SHOWN]:
            yield Item(
                kind=_("Grant"),
                title=row.project.title,
                of=f"{row.board} {row.reference}",
                path=reverse("grant", args=[row.pk]),
                low=row.gpu_seconds,
                high=row.gpu_seconds,
                waiting_on=_("quota admins or the site"),
                due_at=row.registered_at + GRANT_DUE,
            )

    return rows.annotate(due_at=F("registered_at") + GRANT_DUE), "due_at", shown

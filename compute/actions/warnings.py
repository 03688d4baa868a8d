"""Telling people in time: what lapses, what is used up, whose token ends, what is not booked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from compute.models import AccountingDifference, Allocation, Cluster, Credential
from compute.models.told import Told
from projects.actions.notices import tell
from projects.models import User
from projects.models.notices import leads_of, staff_with
from projects.notices import NoticeKind
from projects.roles import Verb

EXPIRY_DAYS = (30, 14, 7, 1)
BUDGET_PERCENT = (80, 95, 100)
# A token that lasts twice as long is told of so long before; those of an hour only once they end.
TOKEN_ENDS = (timedelta(days=7), timedelta(hours=24))
BOOKED_WITHIN = timedelta(hours=2)


def warn(*, now: datetime) -> int:
    """Tell everybody what is new of this kind; how many things were told. Safe to repeat."""
    return (
        sum(_lapses(row, now) for row in _open(now).filter(balance__available__gt=0))
        + sum(_budget(row, now) for row in _open(now))
        + sum(_credential(row, now) for row in _credentials(now))
        + sum(_late(cluster, since, now) for cluster, since in _behind(now))
        + sum(_differs(row, now) for row in _differing())
    )


def _open(now: datetime) -> QuerySet[Allocation]:
    today = now.astimezone(UTC).date()
    rows = Allocation.objects.current().filter(start__lte=today, end__gt=today)
    return rows.select_related("balance", "pool", "project__lead_group")


@transaction.atomic
def _lapses(allocation: Allocation, now: datetime) -> bool:
    """The nearest of the thresholds that was passed: whoever comes late is not told all four."""
    days = (allocation.end - now.astimezone(UTC).date()).days
    passed = [limit for limit in EXPIRY_DAYS if days <= limit]
    if not passed:
        return False
    key = f"lapses:{allocation.pk}:{allocation.end}:{min(passed)}"
    if not Told.objects.first_time(key, now):
        return False
    left = allocation.balance.available / 3600
    hours = round(left) if left >= 10 else round(left, 1)
    day = allocation.end.isoformat()
    _tell_leads(allocation, NoticeKind.ALLOCATION_LAPSES, now, day=day, hours=hours)
    return True


@transaction.atomic
def _budget(allocation: Allocation, now: datetime) -> bool:
    balance = allocation.balance
    taken = balance.used + balance.reserved
    whole = taken + balance.available
    passed = [limit for limit in BUDGET_PERCENT if whole <= 0 or taken * 100 >= limit * whole]
    if not passed or not taken:
        return False
    if not Told.objects.first_time(f"budget:{allocation.pk}:{whole}:{max(passed)}", now):
        return False
    percent = taken * 100 // whole if whole > 0 else 100
    _tell_leads(allocation, NoticeKind.BUDGET_REACHED, now, percent=percent)
    return True


def _credentials(now: datetime) -> Iterable[Credential]:
    rows = Credential.objects.filter(expires_at__lt=now + max(TOKEN_ENDS))
    rows = rows.exclude(cluster__connection=Cluster.Connection.NONE)
    return rows.select_related("cluster")


@transaction.atomic
def _credential(credential: Credential, now: datetime) -> bool:
    """Of a token that is renewed in time nobody hears anything."""
    lifetime = credential.expires_at - credential.delivered_at
    left = credential.expires_at - now
    passed = [limit for limit in TOKEN_ENDS if lifetime >= 2 * limit and left <= limit]
    if left <= timedelta(0):
        passed.append(timedelta(0))
    if not passed:
        return False
    key = f"credential:{credential.pk}:{credential.expires_at.isoformat()}:{min(passed)}"
    if not Told.objects.first_time(key, now):
        return False
    hours = {"hours": int(left.total_seconds() // 3600)} if left > timedelta(0) else {}
    cluster = credential.cluster
    tell(
        users=cluster.staff(),
        kind=NoticeKind.CREDENTIAL_ENDS,
        path=reverse("cluster", args=[cluster.slug]),
        params={"cluster": cluster.name, "unix_user": credential.unix_user, **hours},
        now=now,
    )
    return True


def _behind(now: datetime) -> Iterable[tuple[Cluster, datetime]]:
    """Connected clusters whose accounting stands still, or never began, and since when."""
    current = Allocation.objects.current().filter(pool__cluster=OuterRef("pk"))
    oldest = current.order_by("created_at").values("created_at")[:1]
    rows = Cluster.objects.connected().annotate(
        since=Coalesce("accountingcursor__read_until", Subquery(oldest))
    )
    late = dict(
        rows.filter(Exists(current), since__lt=now - BOOKED_WITHIN).values_list("pk", "since")
    )
    return [(cluster, late[cluster.pk]) for cluster in Cluster.objects.filter(pk__in=late)]


@transaction.atomic
def _late(cluster: Cluster, since: datetime, now: datetime) -> bool:
    if not Told.objects.first_time(f"late:{cluster.pk}:{since.isoformat()}", now):
        return False
    hours = int((now - since).total_seconds() // 3600)
    _tell_site(cluster, now, hours=hours)
    return True


def _differing() -> Iterable[AccountingDifference]:
    rows = AccountingDifference.objects.filter(gone_at=None)
    rows = rows.order_by("cluster_id", F("found_at").desc())
    return rows.select_related("cluster").distinct("cluster_id")


@transaction.atomic
def _differs(newest: AccountingDifference, now: datetime) -> bool:
    key = f"differs:{newest.cluster_id}:{newest.found_at.isoformat()}"
    if not Told.objects.first_time(key, now):
        return False
    _tell_site(newest.cluster, now)
    return True


def _tell_site(cluster: Cluster, now: datetime, **params: object) -> None:
    """Its operators, and those who award what it should book."""
    users: list[User] = [*cluster.staff(), *staff_with(Verb.AWARD)]
    tell(
        users=users,
        kind=NoticeKind.ACCOUNTING_LATE,
        path=reverse("cluster", args=[cluster.slug]),
        params={"cluster": cluster.name, **params},
        now=now,
    )


def _tell_leads(allocation: Allocation, kind: NoticeKind, now: datetime, **params: object) -> None:
    tell(
        users=leads_of(allocation.project.lead_group),
        kind=kind,
        path=reverse("allocation", args=[allocation.pk]),
        params={"project": allocation.project.title, "pool": allocation.pool.name, **params},
        now=now,
    )

"""Many awards at once over one pool's capacity: what fits wins, once; the others are told."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from itertools import chain
from typing import NamedTuple

import pytest
from django.db import connection
from django.db.models import Count, QuerySet, Sum

from compute.actions.awards import Grant, award, proposed_months
from compute.models import Allocation, CapacityMonth, LedgerEntry, Pool, Request
from projects.errors import Refused
from projects.models import Event, User
from projects.roles import Role
from tests import make

HOUR = 3600
CONNECTIONS, REQUESTS, CLICKS = 12, 24, 2
FITS = 9  # awards of ten GPU-hours each that the pool has room for


class Outcome(NamedTuple):
    """How one click ended: "" or the code of the refusal, its status, and the milliseconds."""

    code: str
    status: int
    milliseconds: float


class Arena(NamedTuple):
    """The people and the project of all trials."""

    admins: Sequence[User]
    ask: Callable[[Pool], Request]


@pytest.fixture
def arena(transactional_db: None) -> Arena:
    project = make.make_project()
    admins = [make.make_staff(Role.QUOTA_ADMIN) for _ in range(CLICKS)]
    return Arena(admins, lambda pool: make.make_request(project, pool, gpu_hours=10))


def race(arena: Arena, pool: Pool) -> tuple[list[Request], list[Outcome]]:
    """Every request clicked twice, in any order, over so many connections."""
    requests = [arena.ask(pool) for _ in range(REQUESTS)]
    clicks = [(request, admin) for request in requests for admin in arena.admins]
    random.shuffle(clicks)
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        shares = threads.map(click_all, [clicks[n::CONNECTIONS] for n in range(CONNECTIONS)])
        return requests, list(chain.from_iterable(shares))


def click_all(clicks: Sequence[tuple[Request, User]]) -> list[Outcome]:
    """One thread with a connection of its own."""
    try:
        return [click(Request.objects.get(pk=request.pk), admin) for request, admin in clicks]
    finally:
        connection.close()


def click(request: Request, admin: User) -> Outcome:
    grants = [Grant(request.lines.select_related("pool__cluster").get(), 10 * HOUR)]
    started = time.perf_counter()
    code, status = "", 200
    try:
        award(by=admin, request=request, grants=grants, reason="", now=make.now())
    except Refused as refusal:
        code, status = refusal.code, refusal.status
    return Outcome(code, status, (time.perf_counter() - started) * 1000)


def check(pool: Pool, requests: list[Request], outcomes: list[Outcome]) -> None:
    """What the database holds afterwards, counted without the code under test."""
    months = CapacityMonth.objects.filter(pool=pool)
    won = Allocation.objects.filter(pool=pool)
    assert all(0 <= month.granted <= month.offered for month in months)
    assert sum(month.granted for month in months) == won.count() * 10 * HOUR
    assert won.count() == sum(not outcome.code for outcome in outcomes) == FITS
    codes = Counter(outcome.code for outcome in outcomes)
    assert codes == {
        "": FITS,
        "already-decided": FITS,
        "over-capacity": CLICKS * (REQUESTS - FITS),
    }
    assert {outcome.status for outcome in outcomes if outcome.code} == {409}
    once(won, requests)


def once(won: QuerySet[Allocation], requests: list[Request]) -> None:
    """Each award is one event, one grant of the whole amount, one balance."""
    keys = [request.pk for request in requests]
    events = Event.objects.filter(kind="award", object_id__in=keys)
    per_request = events.values("object_id").annotate(n=Count("pk")).values_list("n", flat=True)
    assert list(per_request) == [1] * FITS
    grants = LedgerEntry.objects.filter(allocation__in=won)
    assert grants.count() == FITS
    assert grants.aggregate(total=Sum("gpu_seconds"))["total"] == FITS * 10 * HOUR
    assert [row.balance.available for row in won] == [10 * HOUR] * FITS
    states = Counter(Request.objects.filter(pk__in=keys).values_list("state", flat=True))
    assert states == {"awarded": FITS, "submitted": REQUESTS - FITS}


def run(arena: Arena, trials: int) -> list[float]:
    """So many trials, each with its own pool; how long the clicks took, sorted."""
    took: list[float] = []
    for _ in range(trials):
        pool = make.make_pool(months=2)
        days = CapacityMonth.objects.filter(pool=pool)
        days.update(offered=0)
        share = make_room(arena, pool)
        for month, amount in share.items():
            days.filter(month=month).update(offered=amount * FITS)
        requests, outcomes = race(arena, pool)
        check(pool, requests, outcomes)
        took += [outcome.milliseconds for outcome in outcomes]
    return sorted(took)


def make_room(arena: Arena, pool: Pool) -> dict[date, int]:
    """How ten GPU-hours lie in the months, so that exactly so many awards fit."""
    line = arena.ask(pool).lines.get()
    return proposed_months(line, 10 * HOUR, make.now())


@pytest.mark.django_db(transaction=True)
def test_of_many_awards_at_once_those_that_fit_are_applied_once(arena: Arena) -> None:
    run(arena, trials=20)


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_a_thousand_trials_stay_within_capacity(
    arena: Arena, capsys: pytest.CaptureFixture[str]
) -> None:
    took = run(arena, trials=1000)
    p95 = took[int(len(took) * 0.95)]
    with capsys.disabled():  # told, not held to: here twelve threads share one interpreter
        print(json.dumps({"award_race_p95_ms": round(p95, 1), "clicks": len(took)}))

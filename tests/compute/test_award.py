"""The award of a request: all of it or nothing of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from compute.actions.awards import Grant, award
from compute.actions.kinds import Ask
from compute.models import (
    Allocation,
    AwardLine,
    Balance,
    CapacityMonth,
    LedgerEntry,
    Limit,
    Pool,
    Request,
    RequestLine,
)
from compute.quota import month_of, next_month
from projects.errors import Conflict
from projects.models import Event, Membership, Project
from projects.roles import Role
from tests import make
from tests.compute.bodies import award_body
from tests.conftest import Caller

HOUR = 3600
THIS, LATER = month_of(make.today()), make.today() + timedelta(200)


def give(caller: Caller, request: Request, *args: Any, **line: Any) -> Any:
    return caller.post(f"requests/{request.pk}/award/", award_body(request, *args, **line))


def nothing_was_done(request: Request) -> bool:
    request.refresh_from_db()
    rows = (Allocation, AwardLine, Balance, LedgerEntry, Limit)
    touched = any(model._default_manager.exists() for model in rows)
    taken = CapacityMonth.objects.filter(granted__gt=0).exists()
    return request.state == "submitted" and not touched and not taken


def test_a_part_is_awarded_with_balance_limit_and_capacity(
    quota_admin: Caller, handed_in: Request, pool: Pool
) -> None:
    answer = give(quota_admin, handed_in, "60")
    assert answer.json()["lines"][0]["awarded_gpu_hours"] == "60"
    allocation = Allocation.objects.get()
    assert allocation.balance.available == 60 * HOUR
    assert allocation.limit.desired_gpu_minutes == 3600
    assert sum(row.granted for row in CapacityMonth.objects.filter(pool=pool)) == 60 * HOUR


def test_an_award_is_one_event_and_one_grant(quota_admin: Caller, handed_in: Request) -> None:
    give(quota_admin, handed_in)
    event = Event.objects.get(kind="award")
    line = str(handed_in.lines.get().pk)
    assert event.changes == {line: [100 * HOUR, 60 * HOUR]}
    assert LedgerEntry.objects.get().kind == "grant"


def test_it_spreads_by_days_over_the_months(quota_admin: Caller, handed_in: Request) -> None:
    rows = give(quota_admin, handed_in, "60").json()["lines"][0]["months"]
    assert sum(row["gpu_seconds"] for row in rows) == 60 * HOUR


def test_the_admin_may_lay_it_into_months_by_hand(quota_admin: Caller, handed_in: Request) -> None:
    month = f"{month_of(handed_in.lines.get().end - timedelta(1)):%Y-%m}"
    answer = give(quota_admin, handed_in, "60", months={month: "60"})
    assert answer.json()["lines"][0]["months"] == [
        {"month": month, "gpu_hours": "60", "gpu_seconds": 60 * HOUR}
    ]


@pytest.mark.parametrize("months", [{"2031-01": "60"}, {"1999-01": "60"}])
def test_months_outside_the_window_are_refused(
    quota_admin: Caller, handed_in: Request, months: dict[str, str]
) -> None:
    answer = give(quota_admin, handed_in, "60", months=months)
    assert answer.status_code == 400
    assert "window" in answer.json()["detail"]
    assert nothing_was_done(handed_in)


def test_a_month_that_has_passed_gives_nothing_any_more(
    quota_admin: Caller, project: Project, pool: Pool
) -> None:
    request = make.make_request(project, pool)
    past = month_of(THIS - timedelta(40))
    RequestLine.objects.filter(request=request).update(start=past)
    CapacityMonth.objects.create(pool=pool, month=past, offered=1000 * HOUR)
    answer = give(quota_admin, request, "60", months={f"{past:%Y-%m}": "60"})
    assert answer.status_code == 400
    assert nothing_was_done(request)


def test_a_window_that_has_ended_is_refused_with_or_without_months(
    quota_admin: Caller, handed_in: Request
) -> None:
    days = {"start": make.today() - timedelta(40), "end": make.today()}
    RequestLine.objects.filter(request=handed_in).update(**days)
    for line in ({}, {"months": {f"{THIS:%Y-%m}": "60"}}):
        answer = give(quota_admin, handed_in, "60", **line)
        assert answer.status_code == 400
        assert "ended on" in answer.json()["detail"]
    assert nothing_was_done(handed_in)


@pytest.mark.parametrize("months", [{"2027-1": "60"}, {"x": "60"}, {"2027-01-01": "60"}])
def test_months_in_another_spelling_are_refused(
    quota_admin: Caller, handed_in: Request, months: dict[str, str]
) -> None:
    answer = give(quota_admin, handed_in, "60", months=months)
    assert answer.status_code == 400
    assert "2027-01" in answer.json()["detail"]


def test_months_that_do_not_sum_up_are_refused_with_both_figures(
    quota_admin: Caller, handed_in: Request
) -> None:
    answer = give(quota_admin, handed_in, "60", months={f"{THIS:%Y-%m}": "59"})
    assert answer.status_code == 400
    assert "59 GPU-h" in answer.json()["detail"]
    assert nothing_was_done(handed_in)


@pytest.mark.parametrize("amount", ["100.0003", "-1", "NaN", 2**63, True, "1e2", None])
def test_what_cannot_be_awarded_is_refused(
    quota_admin: Caller, handed_in: Request, amount: Any
) -> None:
    assert give(quota_admin, handed_in, amount).status_code == 400
    assert nothing_was_done(handed_in)


def test_nothing_for_any_line_is_no_award(quota_admin: Caller, handed_in: Request) -> None:
    answer = give(quota_admin, handed_in, "0")
    assert answer.status_code == 400
    assert "deny" in answer.json()["detail"]


def test_a_line_named_twice_is_refused(quota_admin: Caller, handed_in: Request) -> None:
    body = award_body(handed_in)
    body["lines"] *= 2
    answer = quota_admin.post(f"requests/{handed_in.pk}/award/", body)
    assert answer.status_code == 400
    assert "once" in answer.json()["detail"]
    assert nothing_was_done(handed_in)


def test_a_line_of_another_request_is_refused(
    quota_admin: Caller, handed_in: Request, project: Project, pool: Pool
) -> None:
    other = make.make_request(project, pool)
    body = award_body(other)
    assert quota_admin.post(f"requests/{handed_in.pk}/award/", body).status_code == 400
    assert nothing_was_done(handed_in)


def test_more_than_the_pool_has_is_a_conflict_with_what_is_free(
    quota_admin: Caller, project: Project
) -> None:
    request = make.make_request(project, make.make_pool(gpu_hours=5))
    answer = give(quota_admin, request, "60")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/over-capacity")
    assert "5 GPU-h free" in answer.json()["detail"]
    assert nothing_was_done(request)


def test_the_second_line_too_large_undoes_the_first(
    quota_admin: Caller, project: Project, pool: Pool
) -> None:
    small = make.make_pool(gpu_hours=5)
    window = (make.today(), make.today() + timedelta(10))
    lines = [Ask(pool, *window, HOUR), Ask(small, *window, 60 * HOUR)]
    request = make.make_request(project, lines=lines)
    given = [
        {"line": str(row.pk), "gpu_hours": n}
        for row, n in zip(request.lines.all(), (1, 60), strict=True)
    ]
    answer = quota_admin.post(f"requests/{request.pk}/award/", {"lines": given, "reason": ""})
    assert answer.status_code == 409
    assert nothing_was_done(request)


def test_a_month_that_offers_nothing_is_over_capacity(
    quota_admin: Caller, project: Project, pool: Pool
) -> None:
    line = Ask(pool, LATER, LATER + timedelta(10), 60 * HOUR)
    request = make.make_request(project, lines=[line])
    assert give(quota_admin, request, "60").status_code == 409
    assert nothing_was_done(request)


def test_awarding_twice_is_once_and_the_second_is_told_who_was_first(
    quota_admin: Caller, handed_in: Request
) -> None:
    give(quota_admin, handed_in)
    answer = give(quota_admin, handed_in)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/already-decided")
    assert "quota_admin" in answer.json()["detail"]
    assert Allocation.objects.count() == 1


def test_the_same_key_is_one_award_and_one_answer(quota_admin: Caller, handed_in: Request) -> None:
    key, path = make.key(), f"requests/{handed_in.pk}/award/"
    answers = [quota_admin.post(path, award_body(handed_in), key=key) for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert LedgerEntry.objects.count() == 1


def test_without_a_key_nothing_is_awarded(quota_admin: Caller, handed_in: Request) -> None:
    path = f"requests/{handed_in.pk}/award/"
    assert quota_admin.post(path, award_body(handed_in), key="").status_code == 400
    assert nothing_was_done(handed_in)


@pytest.mark.parametrize("role", [Role.GUEST, Role.LEAD])
def test_nobody_awards_to_their_own_project(
    quota_admin: Caller, handed_in: Request, role: Role
) -> None:
    group = handed_in.project.lead_group
    Membership.objects.create(user=quota_admin.user, group=group, role=role)
    answer = give(quota_admin, handed_in)
    assert answer.status_code == 403
    assert nothing_was_done(handed_in)


def test_nobody_awards_to_a_project_that_their_group_takes_part_in(
    quota_admin: Caller, handed_in: Request
) -> None:
    group = make.make_group()
    make.join(handed_in.project, group)
    Membership.objects.create(user=quota_admin.user, group=group, role=Role.MEMBER)
    assert give(quota_admin, handed_in).status_code == 403
    assert nothing_was_done(handed_in)


def test_who_belongs_to_another_project_awards(quota_admin: Caller, handed_in: Request) -> None:
    other = make.make_project()
    Membership.objects.create(user=quota_admin.user, group=other.lead_group, role=Role.MEMBER)
    assert give(quota_admin, handed_in).status_code == 200


def test_lines_changed_since_they_were_read_are_a_conflict(
    quota_admin: Caller, handed_in: Request
) -> None:

    line = handed_in.lines.get()
    handed_in.lines.all().delete()
    RequestLine.objects.create(
        request=handed_in, pool=line.pool, start=line.start, end=line.end, gpu_seconds=1
    )
    with pytest.raises(Conflict, match="changed meanwhile"):
        award(
            by=quota_admin.user,
            request=handed_in,
            grants=[Grant(line, HOUR)],
            reason="",
            now=make.now(),
        )
    assert nothing_was_done(handed_in)


def test_leads_and_coordinators_do_not_award(
    lead: Caller, coordinator: Caller, handed_in: Request
) -> None:
    for who in (lead, coordinator):
        assert give(who, handed_in).status_code == 403
    assert nothing_was_done(handed_in)


def test_a_stranger_finds_no_request(stranger: Caller, handed_in: Request) -> None:
    assert give(stranger, handed_in).status_code == 404
    assert nothing_was_done(handed_in)


def test_two_awards_take_months_that_share_a_pool_together(
    quota_admin: Caller, project: Project, pool: Pool
) -> None:
    window = (THIS, next_month(THIS))
    lines = [Ask(pool, *window, 600 * HOUR)] * 2
    request = make.make_request(project, lines=lines)
    given = [{"line": str(row.pk), "gpu_hours": "600"} for row in request.lines.all()]
    answer = quota_admin.post(f"requests/{request.pk}/award/", {"lines": given, "reason": ""})
    assert answer.status_code == 409
    assert nothing_was_done(request)

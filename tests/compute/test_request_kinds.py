"""More, longer, elsewhere, fewer, none: what each kind needs and what granting it does."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest

from compute.actions.awards import Grant, award
from compute.actions.kinds import Ask
from compute.actions.requests import submit_request
from compute.errors import OverBalance, OverCapacity
from compute.models import Allocation, Balance, CapacityMonth, Limit, Pool, Request
from projects.errors import Conflict, Invalid
from projects.models import Project, User
from projects.roles import Role
from tests import make
from tests.conftest import Caller

HOUR = 3600


@pytest.fixture
def admin(db: None) -> User:
    return make.make_staff(Role.QUOTA_ADMIN)


def ask(project: Project, allocation: Allocation | None, kind: str, **values: Any) -> Request:
    values = {"lines": [], **values}
    return make.make_request(project, kind=kind, allocation=allocation, **values)


def grant(admin: User, request: Request, hours: int | None = None) -> list[Allocation]:
    lines = list(request.lines.select_related("pool__cluster"))
    grants = [Grant(line, (hours or 0) * HOUR or line.gpu_seconds) for line in lines]
    return award(by=admin, request=request, grants=grants, reason="", now=make.now())


def available(allocation: Allocation) -> float:
    return Balance.objects.values_list("available", flat=True).get(allocation=allocation) / HOUR


def granted(pool: Pool) -> dict[date, float]:
    rows = CapacityMonth.objects.filter(pool=pool, granted__gt=0).values_list("month", "granted")
    return {month: amount / HOUR for month, amount in rows}


def extension(allocation: Allocation, hours: int, days: int = 20) -> Ask:
    end = allocation.end + timedelta(days)
    return Ask(allocation.pool, allocation.end, end, hours * HOUR)


def test_a_supplement_is_an_allocation_and_account_of_its_own(
    admin: User, project: Project, allocation: Allocation
) -> None:
    line = Ask(allocation.pool, make.today(), allocation.end, 10 * HOUR)
    [more] = grant(admin, ask(project, allocation, "supplement", lines=[line]))
    assert more.slurm_account != allocation.slurm_account
    assert (available(allocation), available(more)) == (60, 10)


def test_an_extension_moves_the_end_and_the_capacity_and_no_hours(
    admin: User, project: Project, allocation: Allocation
) -> None:
    before, end = sum(granted(allocation.pool).values()), allocation.end
    request = ask(project, allocation, "extension", lines=[extension(allocation, 25)])
    assert grant(admin, request) == []
    allocation.refresh_from_db()
    assert (allocation.end, available(allocation)) == (end + timedelta(20), 60)
    assert sum(granted(allocation.pool).values()) == pytest.approx(before)
    assert Limit.objects.get(allocation=allocation).desired_gpu_minutes == 3600


def test_an_extension_holds_the_new_months_and_frees_the_old(
    admin: User, project: Project, allocation: Allocation
) -> None:
    months = Ask(allocation.pool, allocation.end, allocation.end + timedelta(50), 60 * HOUR)
    grant(admin, ask(project, allocation, "extension", lines=[months]))
    held = granted(allocation.pool)
    assert sum(held.values()) == pytest.approx(60)
    assert min(held) >= allocation.end.replace(day=1)
    assert max(held) == (allocation.end + timedelta(49)).replace(day=1)


def test_an_extended_allocation_returns_the_months_it_holds_now(
    admin: User, project: Project, allocation: Allocation
) -> None:
    grant(admin, ask(project, allocation, "extension", lines=[extension(allocation, 60)]))
    grant(admin, ask(project, allocation, "reduction", returned_gpu_seconds=60 * HOUR))
    assert granted(allocation.pool) == {}


def test_an_extension_into_full_months_is_refused_and_changes_nothing(
    admin: User, project: Project, allocation: Allocation
) -> None:
    line = extension(allocation, 25, days=50)
    request = ask(project, allocation, "extension", lines=[line])
    CapacityMonth.objects.filter(month__gt=line.start.replace(day=1)).update(offered=0)
    before = granted(allocation.pool)
    with pytest.raises(OverCapacity):
        grant(admin, request)
    allocation.refresh_from_db()
    assert (allocation.end, granted(allocation.pool)) == (line.start, before)


def test_a_transfer_returns_here_and_awards_there(
    admin: User, project: Project, allocation: Allocation
) -> None:
    there = make.make_pool()
    line = Ask(there, make.today(), allocation.end, 30 * HOUR)
    values: dict[str, Any] = {"lines": [line], "returned_gpu_seconds": 40 * HOUR}
    [new] = grant(admin, ask(project, allocation, "transfer", **values))
    assert (available(allocation), available(new), new.pool) == (20, 30, there)
    assert sum(granted(allocation.pool).values()) == pytest.approx(20)
    assert Limit.objects.get(allocation=allocation).desired_gpu_minutes == 20 * 60


def test_a_transfer_without_room_there_returns_nothing_here(
    admin: User, project: Project, allocation: Allocation
) -> None:
    there = make.make_pool(gpu_hours=1)
    line = Ask(there, make.today(), allocation.end, 30 * HOUR)
    values: dict[str, Any] = {"lines": [line], "returned_gpu_seconds": 40 * HOUR}
    request = ask(project, allocation, "transfer", **values)
    with pytest.raises(OverCapacity):
        grant(admin, request)
    assert available(allocation) == 60


def test_a_reduction_gives_back_what_it_says(
    admin: User, project: Project, allocation: Allocation
) -> None:
    request = ask(project, allocation, "reduction", returned_gpu_seconds=15 * HOUR)
    assert grant(admin, request) == []
    request.refresh_from_db()
    assert (request.state, available(allocation)) == ("awarded", 45)


def test_what_was_spent_meanwhile_is_not_given_back(
    admin: User, project: Project, allocation: Allocation
) -> None:
    request = ask(project, allocation, "reduction", returned_gpu_seconds=60 * HOUR)
    make.make_job(allocation, gpus=8, minutes=60)
    with pytest.raises(OverBalance):
        grant(admin, request)
    request.refresh_from_db()
    assert (request.state, available(allocation)) == ("submitted", 52)


def test_a_termination_ends_the_allocation(
    admin: User, project: Project, allocation: Allocation
) -> None:
    grant(admin, ask(project, allocation, "termination"))
    allocation.refresh_from_db()
    assert (allocation.state, available(allocation), granted(allocation.pool)) == (
        "revoked", 0, {}
    )  # fmt: skip


def test_of_an_allocation_that_ended_meanwhile_nothing_is_granted(
    admin: User, project: Project, allocation: Allocation
) -> None:
    request = ask(project, allocation, "extension", lines=[extension(allocation, 5)])
    Allocation.objects.filter(pk=allocation.pk).update(state="expired")
    with pytest.raises(Conflict, match="ended meanwhile"):
        grant(admin, request)


def test_a_request_changed_since_it_was_read_is_not_granted(
    admin: User, project: Project, allocation: Allocation
) -> None:
    request = ask(project, allocation, "reduction", returned_gpu_seconds=HOUR)
    Request.objects.filter(pk=request.pk).update(returned_gpu_seconds=50 * HOUR)
    with pytest.raises(Conflict, match="changed meanwhile"):
        grant(admin, request)
    assert available(allocation) == 60


@pytest.mark.parametrize(
    ("kind", "values", "words"),
    [
        ("new", {"with_allocation": True}, "Ask for a supplement"),
        ("supplement", {"with_allocation": False}, "Name the allocation"),
        ("reduction", {}, "how many GPU-hours are returned"),
        ("reduction", {"returned_gpu_seconds": 61 * HOUR}, "Only 60 GPU-h"),
        ("termination", {"returned_gpu_seconds": HOUR}, "no other kind"),
        ("termination", {"hours": 5}, "no line"),
        ("extension", {"hours": 5}, "begins on"),
        ("extension", {}, "one line of the allocation's own pool"),
        ("transfer", {"hours": 5, "returned_gpu_seconds": HOUR}, "another pool"),
    ],
)
def test_each_kind_says_what_it_lacks(
    project: Project, allocation: Allocation, kind: str, values: dict[str, Any], words: str
) -> None:
    about = allocation if values.pop("with_allocation", True) else None
    hours = values.pop("hours", 5 if kind in {"new", "supplement"} else 0)
    line = Ask(allocation.pool, make.today(), allocation.end, hours * HOUR)
    with pytest.raises(Invalid, match=words):
        ask(project, about, kind, lines=[line] if hours else [], **values)


def test_another_projects_allocation_cannot_be_named(
    project: Project, allocation: Allocation
) -> None:
    with pytest.raises(Invalid, match="of this project"):
        ask(make.make_project(), allocation, "reduction", returned_gpu_seconds=HOUR)


def test_a_stranger_names_no_allocation_of_ours(stranger: Caller, allocation: Allocation) -> None:
    theirs = make.make_project(stranger.user.memberships.get().group)
    body = {"project": str(theirs.pk), "kind": "termination", "purpose": "other",
            "allocation": str(allocation.pk)}  # fmt: skip
    unknown = {**body, "allocation": str(uuid.uuid4())}
    known = stranger.post("requests", body, key=make.key())
    assert known.status_code == 404
    assert known.content == stranger.post("requests", unknown, key=make.key()).content


def test_over_the_api_from_the_ask_to_the_grant(
    lead: Caller, quota_admin: Caller, project: Project, allocation: Allocation
) -> None:
    body = {"project": str(project.pk), "kind": "reduction", "purpose": "other",
            "allocation": str(allocation.pk), "return_gpu_hours": "12.5"}  # fmt: skip
    made = lead.post("requests", body, key=make.key())
    assert (made.status_code, made.json()["return_gpu_hours"]) == (201, "12.5")
    key = made.json()["id"]
    assert lead.post(f"requests/{key}/submit", {}).status_code == 200
    answer = quota_admin.post(
        f"requests/{key}/award", {"lines": [], "reason": "thanks"}, key=make.key()
    )
    assert (answer.status_code, answer.json()["state"]) == (200, "awarded")
    assert available(allocation) == 47.5


def test_the_form_asks_for_what_the_kind_needs(
    lead: Caller, project: Project, allocation: Allocation
) -> None:
    form = {"project": str(project.pk), "kind": "reduction", "purpose": "other",
            "allocation": str(allocation.pk), "return_gpu_hours": "10",
            "lines-TOTAL_FORMS": "0", "lines-INITIAL_FORMS": "0"}  # fmt: skip
    answer = lead.as_browser.post("/requests/new/", form)
    assert answer.status_code == 302
    request = Request.objects.get(kind="reduction")
    assert request.returned_gpu_seconds == 10 * HOUR
    page = lead.as_browser.get(answer["Location"]).content.decode()
    assert "10 GPU-h given back" in page
    submit_request(by=lead.user, request=request, now=make.now())

"""Lists page by page: every row once, forwards and back, at the same cost per page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from projects.actions.groups import invite_member
from projects.models import Event, Group, Project
from registry.models import Model
from tests import make
from tests.conftest import Caller

GARBAGE = ["", "x", "%00", "cD1hYmM%3D", "cD0yMDI3", "a:b:c", "é", "x" * 5000]
ORDERED = ["partners", "groups", "memberships", "invitations", "projects", "tokens", "events",
           "models", "versions"]  # fmt: skip


def _walk(caller: Caller, path: str, link: str = "next") -> list[list[str]]:
    pages = []
    address: str | None = path
    while address:
        page = caller.get(address.removeprefix("http://testserver")).json()
        pages.append([row["id"] for row in page["results"]])
        address = page[link]
    return pages


def _models(project: Project, count: int) -> None:
    """Of one age, as if loaded in one transaction."""
    values = {"group": project.lead_group, "project": project, "created_by": project.created_by}
    Model.objects.bulk_create(Model(name=f"m{n}", **values) for n in range(count))
    Model.objects.update(created_at=make.now())


def test_every_row_is_on_one_page_though_all_are_of_one_age(
    lead: Caller, project: Project
) -> None:
    _models(project, 30)

    pages = _walk(lead, "models/?page_size=7")

    assert [len(page) for page in pages] == [7, 7, 7, 7, 2]
    assert len({row for page in pages for row in page}) == 30


def test_more_rows_of_one_age_than_any_offset_reaches_are_all_found(
    lead: Caller, project: Project
) -> None:
    _models(project, 1250)

    pages = _walk(lead, "models/?page_size=200")

    assert len({row for page in pages for row in page}) == 1250
    assert len(pages) == 7


def test_the_way_back_shows_the_same_pages(lead: Caller, project: Project) -> None:
    _models(project, 20)
    forwards = _walk(lead, "models/?page_size=5")

    last = lead.get("models/?page_size=5").json()
    while last["next"]:
        last = lead.get(last["next"].removeprefix("http://testserver")).json()
    back = _walk(lead, last["previous"], "previous")

    assert back == forwards[-2::-1]


@pytest.mark.parametrize("resource", ORDERED)
def test_a_list_turns_its_pages(lead: Caller, group: Group, resource: str) -> None:
    FILL[resource](lead, group, 5)

    pages = _walk(lead, f"{resource}/?page_size=2")

    rows = [row for page in pages for row in page]
    assert len(rows) == len(set(rows)) >= 5
    assert rows == [row["id"] for row in lead.get(f"{resource}/").json()["results"]]


def test_a_row_added_meanwhile_shifts_nothing(lead: Caller, project: Project) -> None:
    _models(project, 6)
    before = _walk(lead, "models/?page_size=3")
    first = lead.get("models/?page_size=3").json()
    make.make_model(project)

    second = lead.get(first["next"].removeprefix("http://testserver")).json()

    assert [row["id"] for row in second["results"]] == before[1]


@pytest.mark.parametrize(("asked", "given"), [("500", 200), ("0", 50), ("-1", 50), ("x", 50)])
def test_a_page_has_at_most_two_hundred_rows(
    lead: Caller, project: Project, asked: str, given: int
) -> None:
    _models(project, 210)

    page = lead.get(f"models/?page_size={asked}").json()["results"]

    assert len(page) == given


@pytest.mark.parametrize("resource", ORDERED)
def test_a_strangers_invented_cursor_is_refused(stranger: Caller, resource: str) -> None:
    for cursor in GARBAGE:
        refused = stranger.get(f"{resource}/?cursor={cursor}")
        assert (refused.status_code, list(refused.json()["errors"])) == (400, ["cursor"])


def test_a_cursor_of_another_list_is_refused(lead: Caller, project: Project) -> None:
    make.make_project(project.lead_group)
    link = lead.get("projects/?page_size=1").json()["next"]

    refused = lead.get(link.removeprefix("http://testserver").replace("projects", "models"))

    assert refused.status_code == 400


def test_a_link_keeps_the_filter(lead: Caller, project: Project) -> None:
    _models(project, 3)
    link = lead.get("models/?page_size=1&state=planned").json()["next"]

    assert "state=planned" in link
    assert "page_size=1" in link


def _invitations(lead: Caller, group: Group, count: int) -> None:
    for n in range(count):
        invite_member(
            by=lead.user, group=group, email=f"{n}@example.org", role="guest", now=make.now()
        )


def _projects(lead: Caller, group: Group, count: int) -> None:
    for _ in range(count):
        make.join(make.make_project(group), make.make_group())


def _events(lead: Caller, group: Group, count: int) -> None:
    project = make.make_project(group)
    Event.objects.bulk_create(
        Event(
            at=make.now() + timedelta(seconds=n), actor=make.make_user(), kind="x",
            object_type="project", object_id=project.pk, project=project,
        )
        for n in range(count)
    )  # fmt: skip


def _plans(lead: Caller, group: Group, count: int) -> None:
    for _ in range(count):
        make.make_model(make.make_project(group))


FILL: dict[str, Callable[[Caller, Group, int], Any]] = {
    "partners": lambda _lead, _group, count: [make.make_partner() for _ in range(count)],
    "groups": lambda _lead, _group, count: [make.make_group() for _ in range(count)],
    "memberships": lambda _lead, group, count: [make.make_member(group) for _ in range(count)],
    "invitations": _invitations,
    "projects": _projects,
    "tokens": lambda lead, _group, count: [make.make_token(lead.user) for _ in range(count)],
    "events": _events,
    "models": _plans,
    "versions": _plans,
}

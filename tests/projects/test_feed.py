"""The feed of events: whoever asks again with the last id misses none and gets none twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projects.actions.sealing import seal_events
from projects.models import Event, Group, Participation, Project
from projects.models.events import record_event
from tests import make
from tests.conftest import Caller
from tests.projects.hooks import happen

NOBODYS = "00000000-0000-4000-8000-000000000000"


def _read(caller: Caller, after: str = "", **query: Any) -> list[str]:
    """All that the feed gives from there on, page by page."""
    asked = "&".join(f"{name}={value}" for name, value in {"after": after, **query}.items())
    address: str | None = f"events/?{asked}"
    found: list[str] = []
    while address:
        answer = caller.get(address).json()
        found += [row["id"] for row in answer["results"]]
        address = answer["next"] and answer["next"].partition("testserver")[2]
    return found


def _kinds(caller: Caller, ids: list[str]) -> list[str]:
    return [Event.objects.get(id=key).kind for key in ids]


def test_it_begins_with_the_oldest(lead: Caller, project: Project) -> None:
    happen(project, "award", "appeal")

    kinds = _kinds(lead, _read(lead))
    assert kinds[-3:] == ["create_project", "award", "appeal"]


def test_after_the_last_one_there_is_nothing_until_something_happens(
    lead: Caller, project: Project
) -> None:
    seal_events(now=make.now())
    *_rest, last = _read(lead)
    assert _read(lead, last) == []

    happen(project, "award")
    assert _kinds(lead, _read(lead, last)) == ["award"]


def test_what_is_not_sealed_yet_is_not_there_yet(lead: Caller, project: Project) -> None:
    seal_events(now=make.now())
    before = _read(lead)
    record_event(by=lead.user, kind="award", about=project, now=make.now(), project=project)

    assert _read(lead) == before


def test_one_that_was_committed_late_comes_behind_those_that_were_read(
    lead: Caller, project: Project
) -> None:
    happen(project, "appeal")
    *_rest, last = _read(lead)
    record_event(by=lead.user, kind="award", about=project, now=make.now() - timedelta(days=1),
                 project=project)  # fmt: skip
    seal_events(now=make.now())

    assert _kinds(lead, _read(lead, last)) == ["award"]


def test_others_read_nothing_of_it(lead: Caller, stranger: Caller, project: Project) -> None:
    [event] = happen(project, "award")

    assert str(event.id) in _read(lead)
    assert str(event.id) not in _read(stranger)


def test_whoever_joined_reads_also_what_was_before(stranger: Caller, project: Project) -> None:
    happen(project, "award")
    [group] = stranger.user.standing.group_roles
    Participation.objects.create(project=project, group_id=group)

    assert "award" in _kinds(stranger, _read(stranger))


def test_one_goes_on_behind_an_event_that_one_may_not_see_any_more(
    stranger: Caller, project: Project
) -> None:
    [group] = stranger.user.standing.group_roles
    part = Participation.objects.create(project=project, group_id=group)
    happen(project, "award")
    *_rest, last = _read(stranger)
    part.delete()
    own = make.make_project(Group.objects.get(pk=group))
    happen(own, "appeal")

    assert _kinds(stranger, _read(stranger, last))[-1] == "appeal"


@pytest.mark.parametrize("after", ["x", "1", NOBODYS, "%00", "-1"])
def test_an_id_that_is_none_is_refused(lead: Caller, project: Project, after: str) -> None:
    answer = lead.get(f"events/?after={after}")

    assert answer.status_code == 400
    assert "the id of the last event" in answer.json()["errors"]["after"][0]


def test_it_can_be_narrowed_down(lead: Caller, project: Project) -> None:
    happen(project, "award", "appeal", "award")

    assert _kinds(lead, _read(lead, kind="award")) == ["award", "award"]


def test_it_asks_as_often_for_many_as_for_few(
    lead: Caller, project: Project, django_assert_num_queries: Any
) -> None:
    happen(project, "award")
    with django_assert_num_queries(3):
        lead.get("events/?after=&page_size=200")

    happen(project, *["award"] * 150)
    with django_assert_num_queries(3):
        lead.get("events/?after=&page_size=200")


@settings(max_examples=15, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(steps=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3)), max_size=8))
def test_however_it_is_read_each_event_comes_once(
    lead: Caller, project: Project, steps: list[tuple[int, int]]
) -> None:
    """`steps`: how much happens, and then how large the pages are that are read."""
    seal_events(now=make.now())
    read = _read(lead)
    for happens, size in steps:
        happen(project, *["award"] * happens)
        read += _read(lead, read[-1], page_size=size)

    assert len(read) == len(set(read))
    assert read == _read(lead)

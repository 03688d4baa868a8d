"""The page of the audit log: what one may see, narrowed down, and whether the chain holds."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from projects.actions.sealing import seal_events
from projects.actions.verifying import check_audit
from projects.audit import Head
from projects.models import Event, Project, Seal
from projects.models.events import record_event
from tests import make
from tests.conftest import Caller

PAGE = "/audit/"


def _text(caller: Caller, **query: str) -> str:
    answer = caller.as_browser.get(PAGE, query)
    assert answer.status_code == 200
    return answer.content.decode()


def _rows(caller: Caller, **query: str) -> list[dict[str, str]]:
    answer: Any = caller.as_browser.get(PAGE, {**query, "format": "csv"})
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))


@pytest.fixture
def done(project: Project, lead: Caller) -> Project:
    """A change of the project by its lead, with a reason."""
    record_event(
        by=lead.user, kind="update_project", about=project, now=make.now(), project=project,
        reason="It has a new name.", changes={"title": ["Old", "New"], "seats": [None, 3]},
    )  # fmt: skip
    return project


def test_a_line_says_who_what_about_and_why(member: Caller, lead: Caller, done: Project) -> None:
    text = _text(member)
    for words in (
        lead.user.shown_name,
        "update_project",
        "It has a new name.",
        "Old → New",
        "null → 3",
    ):
        assert words in text
    assert reverse("project", args=[done.slug]) in text


def test_a_stranger_reads_nothing_of_it(stranger: Caller, done: Project) -> None:
    text = _text(stranger)
    assert "It has a new name." not in text
    assert [row["kind"] for row in _rows(stranger)] == ["create_token"]


@pytest.mark.parametrize("name", ["kind", "actor", "project", "object"])
def test_it_is_narrowed_down(member: Caller, lead: Caller, done: Project, name: str) -> None:
    fits = {"kind": "update_project", "actor": lead.user.username, "project": done.slug,
            "object": str(done.pk)}  # fmt: skip
    other = {"kind": "deny_request", "actor": "nobody", "project": "none",
             "object": str(make.key())}  # fmt: skip
    assert "It has a new name." in _text(member, **{name: fits[name]})
    assert "It has a new name." not in _text(member, **{name: other[name]})


def test_it_is_narrowed_down_to_days(member: Caller, done: Project) -> None:
    today, tomorrow = make.today(), make.today() + timedelta(1)
    assert "It has a new name." in _text(member, since=f"{today}", until=f"{tomorrow}")
    assert "It has a new name." not in _text(member, since=f"{tomorrow}")


@pytest.mark.parametrize("query", ["object=x", "since=yesterday", "kind=a%20b", "before=x"])
def test_what_no_link_of_ours_has_is_not_there(member: Caller, query: str) -> None:
    assert member.as_browser.get(f"{PAGE}?{query}").status_code == 404


def test_as_csv_with_the_place_in_the_chain(auditor: Caller, done: Project) -> None:
    seal_events(now=make.now())
    [row] = _rows(auditor, kind="update_project")
    event = Event.objects.get(kind="update_project")
    assert row["id"] == str(event.id)
    assert row["seal"] == str(event.seal.number)
    assert row["reason"] == "It has a new name."


def test_staff_read_how_far_it_is_sealed_and_when_it_held(auditor: Caller, done: Project) -> None:
    seal_events(now=make.now())
    head = Seal.head()
    assert head
    text = _text(auditor)
    assert str(head) in text
    assert "was not verified yet" in text
    check_audit([], now=make.now())
    assert "nothing was changed" in _text(auditor)
    check_audit([Head(head.number, bytes(32))], now=make.now())
    text = _text(auditor)
    assert "The log does not hold." in text
    assert f"Seal {head.number} is not the one that was published." in text


def test_how_many_events_there_are_is_not_told_to_others(member: Caller, done: Project) -> None:
    seal_events(now=make.now())
    assert "Sealed up to" not in _text(member)


@pytest.mark.parametrize("count", [10, 100])
def test_the_list_costs_the_same_however_long_it_is(
    auditor: Caller, done: Project, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _each in range(count):
        record_event(by=auditor.user, kind="x", about=done, now=make.now(), project=done)
    browser = auditor.as_browser
    with django_assert_num_queries(10):
        browser.get(PAGE)


def test_older_lines_are_on_the_next_page(auditor: Caller, done: Project) -> None:
    for number in range(60):
        record_event(by=auditor.user, kind=f"k{number}", about=done, now=make.now(), project=done)
    answer = auditor.as_browser.get(PAGE)
    following = answer.context["page"].following
    older = auditor.as_browser.get(PAGE + following).content.decode()
    assert "k59" in answer.content.decode()
    assert ">k0<" in older
    assert ">k59<" not in older

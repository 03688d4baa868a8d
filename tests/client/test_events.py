"""`cesai events`: what happened, in order, and nothing twice."""

from __future__ import annotations

import json
from typing import Any

from projects.models import Event, Project
from tests.client.conftest import As, Shell
from tests.conftest import Caller
from tests.projects.hooks import happen


def _rows(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


def test_events_come_oldest_first_one_a_line(shell_of: As, lead: Caller, project: Project) -> None:
    happen(project, "award", "appeal")
    done = shell_of(lead)("events", "--json")
    assert done.code == 0, done.err

    assert [row["kind"] for row in _rows(done.out)][-3:] == ["create_project", "award", "appeal"]


def test_the_last_line_says_how_to_go_on(shell_of: As, lead: Caller, project: Project) -> None:
    happen(project, "award")
    leads = shell_of(lead)
    said = leads("events").err
    last = Event.objects.get(kind="award").id
    assert said == f"Go on with: cesai events --after {last}\n"
    assert leads("events", "--after", str(last)).out == ""

    happen(project, "appeal")

    assert [row["kind"] for row in _rows(leads("events", "--after", str(last), "--json").out)] == [
        "appeal"
    ]


def test_many_events_are_read_page_by_page(shell_of: As, lead: Caller, project: Project) -> None:
    happen(project, *["award"] * 120)
    rows = _rows(shell_of(lead)("events", "--json").out)

    assert len([row for row in rows if row["kind"] == "award"]) == 120
    assert len({row["id"] for row in rows}) == len(rows)


def test_for_people_an_event_is_a_line(shell_of: As, lead: Caller, project: Project) -> None:
    happen(project, "award")
    [line] = [row for row in shell_of(lead)("events").out.splitlines() if " award " in row]

    assert str(project.pk) in line


def test_a_stranger_reads_none_of_ours(shell_of: As, stranger: Caller, project: Project) -> None:
    happen(project, "award")

    assert "award" not in shell_of(stranger)("events", "--json").out


def test_a_place_that_is_none_is_refused(cesai: Shell) -> None:
    done = cesai("events", "--after", "yesterday")

    assert done.code == 3
    assert "after: Name the id of the last event" in done.err

"""Each call to the web: an id in the answer that is in its line, and no secret there."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.urls import get_resolver

from cesai.calls import PROGRAMS, SECRETS
from compute.models import Cluster
from projects.models import Group, Project
from tests import make
from tests.conftest import Caller, Log, new_client

LOGGER = "django_structlog.middlewares.request"


@pytest.mark.parametrize(
    ("path", "status"),
    [("/healthz", 200), ("/nothing", 404), ("/", 302), ("/api/v1/models/", 401), ("/admin", 301)],
)
def test_a_call_is_one_line_with_the_id_of_its_answer(
    db: None, log: Log, path: str, status: int
) -> None:
    answer = new_client().get(path)
    [line] = log.lines(LOGGER)
    assert line["code"] == answer.status_code
    assert line["request"] == f"GET {path}"
    assert line["request_id"] == answer["X-Request-ID"]


def test_an_answer_given_before_any_page_has_its_line_too(db: None, log: Log) -> None:
    answer = new_client().get("/", headers={"Host": "elsewhere.example"})
    assert (answer.status_code, log.lines(LOGGER)[-1]["request_id"]) == (
        400,
        answer["X-Request-ID"],
    )


def test_a_caller_cannot_choose_the_id(db: None) -> None:
    answer = new_client().get("/healthz", headers={"X-Request-ID": "mine"})
    assert answer["X-Request-ID"] != "mine"


def test_lines_of_one_call_say_who_called(lead: Caller, log: Log) -> None:
    lead.get("models/")
    assert log.lines(LOGGER)[-1]["user_id"] == str(lead.user.pk)


def test_the_line_of_a_call_that_needs_no_person_costs_no_statement(
    lead: Caller, django_assert_num_queries: Any
) -> None:
    browser = lead.as_browser
    with django_assert_num_queries(0):
        browser.get("/healthz")


@pytest.mark.parametrize("path", ["/invitations/{}/", "/invitations/{}"])
def test_the_secret_of_an_invitation_is_in_no_line(db: None, log: Log, path: str) -> None:
    secret = "canary-3c1b"
    new_client().get(path.format(secret))
    [line] = log.lines(LOGGER)
    assert line["request"] == f"GET {path.format('…')}"


def test_what_was_asked_behind_the_question_mark_is_in_no_line(lead: Caller, log: Log) -> None:
    lead.get("models/?search=canary-3c1b")
    assert log.lines(LOGGER)[-1]["request"] == "GET /api/v1/models/"


def test_neither_a_token_of_ours_nor_of_a_cluster_is_in_a_line(
    operator: Caller,
    cluster: Cluster,
    project: Project,
    group: Group,
    log: Log,
) -> None:
    logging.getLogger().setLevel("DEBUG")
    token = make.make_jwt(project.unix_user)
    path = f"clusters/{cluster.slug}/credentials/{project.unix_user}/"
    answers = [operator.put(path, {"kind": kind, "token": token}) for kind in ("run", "nonsense")]
    said = log.text
    assert [answer.status_code for answer in answers] == [204, 400]
    assert said.count(path) >= len(answers)
    assert token not in said
    assert operator.token not in said


@pytest.mark.django_db(transaction=True)
def test_a_fault_is_one_line_with_its_trace_and_the_id_of_its_answer(log: Log) -> None:
    token = f"cesai_{'c0ffee11' * 8}"
    known, options = connection.settings_dict["HOST"], connection.settings_dict["OPTIONS"]
    connection.close()
    connection.settings_dict.update(HOST="/nowhere", OPTIONS={})
    try:
        answer = new_client().get("/api/v1/models/", headers={"Authorization": f"Bearer {token}"})
    finally:
        connection.close()
        connection.settings_dict.update(HOST=known, OPTIONS=options)
    [line] = log.lines(LOGGER)
    assert (answer.status_code, line["event"]) == (500, "request_failed")
    assert line["request_id"] == answer["X-Request-ID"]
    assert "OperationalError" in line["exception"]
    assert token not in log.text


def test_no_address_of_programs_lets_anybody_in() -> None:
    """So that it stands in the log as it is: what would have to be left out is a page's alone."""
    named = {
        name
        for pattern in _addresses(get_resolver().url_patterns)
        if pattern.startswith(tuple(one.lstrip("/") for one in PROGRAMS))
        for name in SECRETS
        if f"<{name}>" in pattern or f":{name}>" in pattern
    }

    assert named == set()


def _addresses(patterns: Any, before: str = "") -> Iterator[str]:
    for one in patterns:
        whole = before + str(one.pattern)
        if hasattr(one, "url_patterns"):
            yield from _addresses(one.url_patterns, whole)
        else:
            yield whole

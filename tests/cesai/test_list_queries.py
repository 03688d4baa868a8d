"""Every page and list asks as many queries with a thousand rows of everything as with three."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import routes
from tests.conftest import new_client
from tests.crowd import FEWER, READERS, crowd
from tests.world import World

pytestmark = pytest.mark.django_db  # so that the test database is there
FEW, MANY = range(1, 3), range(3, 1_000)  # beside the one that the world has
OURS = {"projects", "registry", "compute", "cesai"}
Key = tuple[str, str]  # route, caller
PAGES = [
    name
    for name, rules in routes.PAGES.items()
    if "get" in rules and rules["get"].may & set(READERS)
]
API = [name for name, methods in routes.API.items() if "get" in methods]
MLFLOW = [name for name, rules in routes.MLFLOW.items() if "get" in rules and rules["get"].may]
NAMES = ["overview", *PAGES, *API, *MLFLOW]
LISTS = [name for name in API if name.endswith("-list")]


# Pages on which they may do or see what a coordinator may not.
OFFICES = {
    "quota_admin": {"request", "allocation", "capacity-pool", "cluster", "grant", "case"},
    "operator": {"allocation", "allocations", "capacity-pool", "cluster", "job", "jobs"},
}


def _calls() -> Iterator[Key]:
    """By those who may, and whose page is another one."""
    yield from (("overview", who) for who in READERS)
    for name in PAGES:
        may = [who for who in READERS if who in routes.PAGES[name]["get"].may]
        yield from ((name, who) for who in may if who in may[:2] or name in OFFICES[who])
    for name in API:
        may = [who for who in READERS if who in routes.API[name]["get"].may]
        yield from ((name, who) for who in may[: 2 if name in LISTS else 1])
    yield from ((name, "lead") for name in MLFLOW)


CALLS = list(_calls())


@dataclass(frozen=True, slots=True)
class Answer:
    """What one call gave, and what it asked the database."""

    status: int
    size: int
    queries: list[str]


@dataclass(frozen=True, slots=True)
class Measured:
    """Each route by each caller, with few rows and with many; and how many rows each table has."""

    few: dict[Key, Answer]
    many: dict[Key, Answer]
    rows: dict[str, int]


@pytest.fixture(scope="module")
def measured(django_db_setup: None, django_db_blocker: Any) -> Measured:
    """Measured once for all tests of this file: a thousand rows of everything take their time."""
    with django_db_blocker.unblock(), transaction.atomic():
        world = World()
        browsers = {who: new_client() for who in READERS}
        for who, browser in browsers.items():
            browser.force_login(world.people[who])
        crowd(world, FEW)
        _open(world, browsers["lead"], "lead", PAGES[0])  # what a process reads once
        few = _measure(world, browsers)
        crowd(world, MANY)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        many = _measure(world, browsers)
        rows = {table._meta.label: table._base_manager.count() for table in _tables()}
        transaction.set_rollback(True)
    return Measured(few, many, rows)


def _tables() -> list[Any]:
    tables = apps.get_models(include_auto_created=True)
    return [table for table in tables if table._meta.app_label in OURS]


def _measure(world: World, browsers: dict[str, Client]) -> dict[Key, Answer]:
    return {
        (name, who): _asked(partial(_open, world, browsers[who], who, name)) for name, who in CALLS
    }


def _asked(call: Any) -> Answer:
    with CaptureQueriesContext(connection) as asked:
        answer = call()
        content = answer.getvalue()  # a stream asks while it is read
    return Answer(answer.status_code, len(content), [str(query["sql"]) for query in asked])


def _open(world: World, browser: Client, who: str, name: str) -> Any:
    """Past the test client, which would keep a copy of what each option of a form is shown by."""
    factory = RequestFactory()
    factory.cookies = browser.cookies
    signed_in = name in routes.PAGES or name == "overview"
    headers = {} if signed_in else {"Authorization": f"Bearer {world.tokens[who]}"}
    return browser.handler.get_response(factory.get(_address(world, who, name), headers=headers))


def _address(world: World, who: str, name: str) -> str:
    """With a filter if the page needs one."""
    if name in MLFLOW:
        values = {"name": world.mlflow_name(who), **routes.MLFLOW[name]["get"].body(world)}
        return f"{reverse(name)}?{urlencode(values)}"
    if name in API:
        return reverse(name, args=world.key(name)) + routes.API[name]["get"].query(world)
    query = routes.PAGES[name]["get"].query(world) if name in routes.PAGES else ""
    return f"{reverse(name, args=world.page_key(name))}?{query}"


@pytest.mark.parametrize("name", NAMES)
def test_it_asks_as_often_with_a_thousand_rows_as_with_three(
    measured: Measured, name: str
) -> None:
    few = {who: len(answer.queries) for who, answer in _of(measured.few, name).items()}
    many = _of(measured.many, name)
    counted = {who: len(answer.queries) for who, answer in many.items()}
    assert counted == few, [_repeated(answer.queries) for answer in many.values()]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_measured_as_those_get_it_who_may(measured: Measured, name: str) -> None:
    statuses = {answer.status for answer in _of(measured.many, name).values()}
    assert statuses == {200}


def _of(answers: dict[Key, Answer], name: str) -> dict[str, Answer]:
    """By caller."""
    return {who: answer for (route, who), answer in answers.items() if route == name}


def _repeated(queries: list[str]) -> list[tuple[str, int]]:
    """The statements that are asked more than once, whatever their values."""
    alike = Counter(re.sub(r"'[^']*'|\d+", "?", query) for query in queries)
    return [(sql[:300], times) for sql, times in alike.most_common(3) if times > 1]


# Tables of which there cannot be many, or which no page reads.
FEW_ROWS = {
    "projects.User_groups": "roles are tables of their own",
    "projects.User_user_permissions": "roles are tables of their own",
    "projects.StoredAnswer": "for repeated calls alone",
    "projects.NoticePreference": "one for each kind of notice",
    "projects.EntitlementMapping": "read at a log-in, and in the administration",
    "projects.Terms": "a version every few years",
    "projects.Acceptance": "one's own to the version in force",
}


def test_there_are_many_rows_in_every_table(measured: Measured) -> None:
    short = {table for table, rows in measured.rows.items() if rows < FEWER - 1}
    assert short == set(FEW_ROWS), "a new table gets its rows in tests/crowd.py"


# Pages that are as long whatever else there is.
ALONE = {
    "call": "a form",
    "find": "six of each kind",
    "group-describe": "a form",
    "call-new": "a form",
    "cluster-edit": "a form",
    "model-certificate": "one model",
    "model-compare": "four models at most, which the address names",
    "model-edit": "a form",
    "template-change": "a form",
}


def test_each_page_is_longer_with_many_rows_or_is_named_here(measured: Measured) -> None:
    alone = {name for name in PAGES if _growth(measured, name) < 1_000}
    assert alone == set(ALONE)


@pytest.mark.parametrize("name", LISTS)
def test_each_list_of_the_api_has_a_full_page(measured: Measured, name: str) -> None:
    assert _growth(measured, name) > 8_000  # of fifty rows


@pytest.mark.parametrize("name", LISTS)
def test_a_list_of_the_api_takes_few_queries(measured: Measured, name: str) -> None:
    # One of them, where people stand in it, asks whose names may be read.
    assert max(len(answer.queries) for answer in _of(measured.many, name).values()) <= 8


def _growth(measured: Measured, name: str) -> int:
    """By how many bytes its answer grew, to whom it grew most."""
    sizes = {call: answer.size for call, answer in measured.many.items() if call[0] == name}
    return max(size - measured.few[call].size for call, size in sizes.items())

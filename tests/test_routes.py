"""Every route × every caller: what the table says is what they get, and nothing private leaks."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from projects.models import User
from tests import make, routes
from tests.conftest import Caller, headers_of, new_client
from tests.world import CANARY, World

CASES = [(name, method) for name, methods in routes.API.items() for method in methods]


@pytest.fixture
def world(db: None) -> World:
    return World()


def _inventory(patterns: Any = None) -> Iterator[tuple[str, Any]]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            if pattern.app_name != "admin":
                yield from _inventory(pattern.url_patterns)
        elif isinstance(pattern, URLPattern):
            yield pattern.name or str(pattern.pattern), pattern


def test_every_route_of_the_api_stands_in_the_table_with_all_its_methods() -> None:
    served = {
        name: set(pattern.callback.actions) - {"head"}
        for name, pattern in _inventory()
        if hasattr(pattern.callback, "actions")
    }
    tabled = {name: set(methods) for name, methods in routes.API.items()}
    assert served == tabled


def _call(world: World, caller: Caller, name: str, method: str) -> Any:
    rule = routes.API[name][method]
    path = reverse(name, args=world.key(name)) + rule.query(world)
    send = getattr(caller, method)
    body = rule.body(world)
    with transaction.atomic():
        answer = send(path) if method == "get" else send(path, body)
        transaction.set_rollback(True)
    return answer


@pytest.mark.parametrize(("name", "method"), CASES)
def test_each_caller_gets_what_the_table_says(world: World, name: str, method: str) -> None:
    rule = routes.API[name][method]
    world.key(name)
    found, wanted = {}, {}
    for who, user in world.people.items():
        answer = _call(world, Caller(user, world.tokens[who]), name, method)
        found[who], wanted[who] = answer.status_code, rule.expected(who)
    assert found == wanted


@pytest.mark.parametrize(("name", "method"), CASES)
def test_without_a_valid_token_nothing_is_served(world: World, name: str, method: str) -> None:
    lead, token = world.people["lead"], world.tokens["lead"]
    for bad in (f"{token}x", "nonsense"):
        assert _call(world, Caller(lead, bad), name, method).status_code == 401
    User.objects.filter(pk=lead.pk).update(is_active=False)
    assert _call(world, Caller(lead, token), name, method).status_code == 401
    path = reverse(name, args=world.key(name))
    assert getattr(new_client(), method)(path).status_code == 401


@pytest.mark.parametrize(("name", "method"), [case for case in CASES if case[1] != "get"])
def test_a_token_that_may_only_read_changes_nothing(world: World, name: str, method: str) -> None:
    lead = world.people["lead"]
    answer = _call(world, Caller(lead, make.make_token(lead, "read")), name, method)
    assert answer.status_code == 403
    assert b"only read" in answer.content


@pytest.mark.parametrize(("name", "method"), CASES)
def test_no_outsider_ever_reads_a_private_word(world: World, name: str, method: str) -> None:
    for who in ("stranger", "loner"):
        user = world.people[who]
        answer = _call(world, Caller(user, world.tokens[who]), name, method)
        assert CANARY not in answer.getvalue().decode() + str(answer.headers)


@pytest.mark.parametrize(
    "name", [n for n, m in routes.API.items() if "get" in m and not n.endswith("-list")]
)
def test_what_is_hidden_answers_like_what_does_not_exist(world: World, name: str) -> None:
    caller = Caller(world.people["loner"], world.tokens["loner"])
    key, query = world.key(name), routes.API[name]["get"].query(world)
    hidden = caller.get(reverse(name, args=key) + query)
    if hidden.status_code == 404:
        key[0] = "00000000-0000-4000-8000-000000000000"
        absent = caller.get(reverse(name, args=key) + query)
        assert (hidden.content, hidden.status_code) == (absent.content, absent.status_code)
        assert headers_of(hidden) == headers_of(absent)


MLFLOW_CASES = [(name, method) for name, methods in routes.MLFLOW.items() for method in methods]
METHODS = ("get", "post", "put", "patch", "delete")


def _call_mlflow(world: World, caller: Caller, who: str, name: str, method: str) -> Any:
    rule = routes.MLFLOW[name].get(method, routes.Rule(may=frozenset()))
    values = {"name": world.mlflow_name(who), **rule.body(world)}
    path = reverse(name)
    with transaction.atomic():
        if method == "get":
            answer = caller.get(f"{path}?{urlencode(values)}")
        else:
            answer = getattr(caller, method)(path, values)
        transaction.set_rollback(True)
    assert answer["Content-Type"] == "application/json"
    return answer


@pytest.mark.parametrize(("name", "method"), MLFLOW_CASES)
def test_each_client_of_mlflow_gets_what_the_table_says(
    world: World, name: str, method: str
) -> None:
    rule = routes.MLFLOW[name][method]
    found, wanted = {}, {}
    codes = {200: None, 403: "PERMISSION_DENIED", 404: "RESOURCE_DOES_NOT_EXIST"}
    for who, user in world.people.items():
        answer = _call_mlflow(world, Caller(user, world.tokens[who]), who, name, method)
        found[who] = (answer.status_code, answer.json().get("error_code"))
        wanted[who] = (rule.expected(who), codes[rule.expected(who)])
    assert found == wanted


@pytest.mark.parametrize("name", list(routes.MLFLOW))
def test_no_route_of_mlflow_knows_a_method_that_the_table_does_not(
    world: World, name: str
) -> None:
    caller = Caller(world.people["lead"], world.tokens["lead"])
    refused = {
        method
        for method in METHODS
        if _call_mlflow(world, caller, "lead", name, method).status_code == 405
    }
    assert refused == set(METHODS) - set(routes.MLFLOW[name])


@pytest.mark.parametrize(("name", "method"), MLFLOW_CASES)
def test_without_a_valid_token_mlflow_serves_nothing(world: World, name: str, method: str) -> None:
    lead, token = world.people["lead"], world.tokens["lead"]
    for bad in (f"{token}x", "nonsense", ""):
        answer = _call_mlflow(world, Caller(lead, bad), "lead", name, method)
        assert (answer.status_code, answer.json()["error_code"]) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize(
    ("name", "method"),
    [case for case in MLFLOW_CASES if case[1] != "get" and case[0] != "mlflow-latest-versions"],
)
def test_a_token_that_may_only_read_changes_nothing_by_mlflow(
    world: World, name: str, method: str
) -> None:
    lead = world.people["lead"]
    caller = Caller(lead, make.make_token(lead, "read"))
    answer = _call_mlflow(world, caller, "lead", name, method)
    assert (answer.status_code, answer.json()["error_code"]) == (403, "PERMISSION_DENIED")


@pytest.mark.parametrize(("name", "method"), MLFLOW_CASES)
def test_mlflow_tells_no_outsider_a_private_word(world: World, name: str, method: str) -> None:
    for who in ("stranger", "loner"):
        caller = Caller(world.people[who], world.tokens[who])
        answer = _call_mlflow(world, caller, who, name, method)
        said = answer.content.decode().replace(world.mlflow_name(who), "the name that was asked")
        assert CANARY not in said + str(answer.headers)


PAGE_CASES = [(name, method) for name, methods in routes.PAGES.items() for method in methods]


def test_every_page_stands_in_the_table() -> None:
    served = {
        name
        for name, pattern in _inventory()
        if not hasattr(pattern.callback, "actions") and not name.startswith(routes.LOG_IN)
    }
    assert served == set(routes.PAGES) | set(routes.MLFLOW) | routes.OPEN


def _open_page(world: World, client: Client, name: str, method: str) -> Any:
    path = reverse(name, args=world.page_key(name))
    body = routes.PAGES[name][method].body(world)
    with transaction.atomic():
        answer = client.get(path) if method == "get" else client.post(path, body)
        transaction.set_rollback(True)
    return answer


def _browser(world: World, who: str) -> Client:
    client = new_client()
    client.force_login(world.people[who])
    return client


@pytest.mark.parametrize(("name", "method"), PAGE_CASES)
def test_each_person_gets_the_pages_that_the_table_says(
    world: World, name: str, method: str
) -> None:
    rule = routes.PAGES[name][method]
    world.page_key(name)
    answers = {
        who: _open_page(world, _browser(world, who), name, method).status_code
        for who in world.people
    }
    assert answers == {who: rule.expected(who) for who in world.people}


@pytest.mark.parametrize(("name", "method"), PAGE_CASES)
def test_without_log_in_a_page_leads_to_the_log_in(world: World, name: str, method: str) -> None:
    answer = _open_page(world, new_client(), name, method)
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize(("name", "method"), PAGE_CASES)
def test_no_page_shows_an_outsider_a_private_word(world: World, name: str, method: str) -> None:
    for who in ("stranger", "loner"):
        for headers in ({}, {"HX-Request": "true"}):
            client = _browser(world, who)
            client.defaults |= {
                f"HTTP_{k.upper().replace('-', '_')}": v for k, v in headers.items()
            }
            answer = _open_page(world, client, name, method)
            assert CANARY not in _text(answer.getvalue()) + str(answer.headers)


def _text(content: bytes) -> str:
    """What is written in an answer, unpacked if it is a workbook."""
    if not content.startswith(b"PK"):
        return content.decode()
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return "".join(packed.read(part).decode() for part in packed.namelist())

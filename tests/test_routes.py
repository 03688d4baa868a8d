"""Every route × every caller: what the table says is what they get, and nothing private leaks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests import make, routes
from tests.conftest import Caller
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
    path = reverse(name, args=[] if name.endswith(("-list", "-accept")) else world.key(name))
    send = getattr(caller, method)
    body = routes.API[name][method].body(world)
    with transaction.atomic():
        answer = send(path) if method == "get" else send(path, body)
        transaction.set_rollback(True)
    return answer


@pytest.mark.parametrize(("name", "method"), CASES)
def test_each_caller_gets_what_the_table_says(world: World, name: str, method: str) -> None:
    rule = routes.API[name][method]
    world.key(name) if not name.endswith(("-list", "-accept")) else None
    found, wanted = {}, {}
    for who, user in world.people.items():
        answer = _call(world, Caller(user, make.make_token(user)), name, method)
        found[who], wanted[who] = answer.status_code, rule.expected(who)
    assert found == wanted


@pytest.mark.parametrize(("name", "method"), CASES)
def test_without_a_valid_token_nothing_is_served(world: World, name: str, method: str) -> None:
    lead = world.people["lead"]
    token = make.make_token(lead)
    for bad in (f"{token}x", "nonsense"):
        assert _call(world, Caller(lead, bad), name, method).status_code == 401
    lead.is_active = False
    lead.save()
    assert _call(world, Caller(lead, token), name, method).status_code == 401
    path = reverse(name, args=[] if name.endswith(("-list", "-accept")) else world.key(name))
    assert getattr(Client(), method)(path).status_code == 401


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
        answer = _call(world, Caller(user, make.make_token(user)), name, method)
        assert CANARY not in answer.content.decode() + str(answer.headers)


@pytest.mark.parametrize("name", [n for n, m in routes.API.items() if n.endswith("-detail")])
def test_what_is_hidden_answers_like_what_does_not_exist(world: World, name: str) -> None:
    user = world.people["loner"]
    caller = Caller(user, make.make_token(user))
    hidden = caller.get(reverse(name, args=world.key(name)))
    if hidden.status_code == 404:
        absent = caller.get(reverse(name, args=["00000000-0000-4000-8000-000000000000"]))
        assert (hidden.content, hidden.status_code) == (absent.content, absent.status_code)
        assert dict(hidden.headers) == dict(absent.headers)

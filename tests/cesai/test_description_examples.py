"""Each body that the description shows is sent as it stands there, and does what it says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse
from jsonschema import Draft202012Validator, FormatChecker

from cesai.examples import MADE_UP, filled, made_up
from projects.models import Group, Membership
from projects.roles import Role
from tests import make, routes
from tests.conftest import Caller, new_client
from tests.fuzz.description import routes_of
from tests.world import World

CHANGES = [
    (name, method)
    for name, methods in routes.API.items()
    for method in methods
    if method != "get" and name not in {"api-versions-alias", "api-catalogue-list"}
]


FORMATS = FormatChecker()
FORMATS.checks("uri")(lambda text: ":" in str(text))


def _errors(schema: Any, shape: Any, value: Any) -> list[Any]:
    whole = {**shape, "components": schema["components"]}
    return list(Draft202012Validator(whole, format_checker=FORMATS).iter_errors(value))


@pytest.fixture(scope="module")
def schema() -> Any:
    answer = new_client().get("/api/v1/schema/", headers={"Accept": "application/json"})
    return json.loads(answer.content)


@pytest.fixture
def world(db: None) -> World:
    return World()


def _described(schema: Any, name: str, method: str) -> tuple[str, Any]:
    """The operation of a route, by its path."""
    served = routes_of(schema["paths"])
    [path] = [path for (path, verb), route in served.items() if (route, verb) == (name, method)]
    return path, schema["paths"][path][method]


def _body(operation: Any) -> Any:
    content = operation.get("requestBody", {}).get("content", {})
    first: Any = next(iter(content.values()), {})
    return first.get("example")


def _free_group(world: World) -> Group:
    """One that the lead leads, too, and that takes part in nothing."""
    group = make.make_group(world.group.partner)
    Membership.objects.create(user=world.people["lead"], group=group, role=Role.LEAD)
    return group


def _known(world: World) -> Iterator[tuple[str, str]]:
    """What each made-up value of the description stands for here."""
    ids = {
        "group": world.group, "other_group": world.other_group, "project": world.project,
        "partner": world.group.partner, "pool": world.pool, "model": world.model,
        "other_model": world.other_model, "base": world.base, "version": world.version,
        "dataset": world.dataset, "allocation": world.allocation, "overlap": world.free_overlap,
        "party": world.party, "line": world.request.lines.get(), "delivery": world.delivery,
        "free_group": _free_group(world),
    }  # fmt: skip
    yield from ((made_up(slot), str(row.pk)) for slot, row in ids.items())
    yield made_up("secret"), world.secret
    yield made_up("site_token"), world.site_token


PREPARED: dict[str, Callable[[World], dict[str, str]]] = {
    "api-clusters-enable-dispatch": lambda w: {made_up("stop"): w.stop()["stop"]},
    "api-usage-reports-list": lambda w: {made_up("usage_table"): w.report_form["text"]},
}
# What has to be done before, as the description says: by whom, and with which example.
BEFORE = {
    ("api-cases-agree", "post"): ("api-cases-decide", "post", "coordinator"),
    ("api-cases-close", "post"): ("api-cases-decide", "post", "coordinator"),
    ("api-cases-reopen", "post"): ("api-cases-decide", "post", "coordinator"),
    ("api-requests-detail", "put"): ("api-requests-send-back", "post", "quota_admin"),
    ("api-requests-submit", "post"): ("api-requests-send-back", "post", "quota_admin"),
    ("api-webhooks-resume", "post"): ("api-webhooks-pause", "post", "lead"),
    ("api-projects-participants", "delete"): ("api-projects-participants", "post", "lead"),
}


def _send(world: World, schema: Any, name: str, method: str, who: str, ours: Any) -> Any:
    _path, operation = _described(schema, name, method)
    text = json.dumps(_body(operation) or {})
    for shown, known in ours.items():
        text = text.replace(json.dumps(shown), json.dumps(known))
    caller = Caller(world.people[who], world.tokens[who])
    return getattr(caller, method)(reverse(name, args=world.key(name)), json.loads(text))


@pytest.mark.parametrize(("name", "method"), CHANGES)
def test_an_example_is_taken_and_answered_as_described(
    world: World, schema: Any, name: str, method: str
) -> None:
    rule = routes.API[name][method]
    ours = dict(_known(world))
    rule.body(world)  # what it makes ready
    ours |= PREPARED[name](world) if name in PREPARED else {}
    if (name, method) in BEFORE:
        first, verb, who = BEFORE[name, method]
        assert _send(world, schema, first, verb, who, ours).status_code == 200
    who = "lead" if "lead" in rule.may else sorted(rule.may)[0]

    with transaction.atomic():
        answer = _send(world, schema, name, method, who, ours)

    _path, operation = _described(schema, name, method)
    declared = {status for status in operation["responses"] if status.startswith("2")}
    assert str(answer.status_code) in declared, answer.content
    shape = operation["responses"][str(answer.status_code)].get("content", {})
    if shape:
        assert _errors(schema, shape["application/json"]["schema"], answer.json()) == []


def test_the_lines_of_a_catalogue_are_kept(world: World, schema: Any) -> None:
    _path, operation = _described(schema, "api-catalogue-list", "post")
    lines = operation["requestBody"]["content"]["application/x-ndjson"]["example"]
    lead = Caller(world.people["lead"], world.tokens["lead"])
    answer = lead.post(f"catalogue/?group={world.group.pk}", lines.encode(), key="")
    *told, totals = map(json.loads, answer.getvalue().splitlines())
    assert [line["status"] for line in told] == ["created", "created"]
    assert totals["created"] == 2


def test_every_body_has_an_example(schema: Any) -> None:
    silent = [
        (path, method)
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
        if "requestBody" in operation and not _body(operation)
    ]
    assert silent == []


def test_an_example_is_one_of_its_schema(schema: Any) -> None:
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                assert _errors(schema, content["schema"], content["example"]) == [], (path, method)


def test_there_is_no_example_of_a_call_that_is_not_there(schema: Any) -> None:
    from cesai.examples import _all  # noqa: PLC0415

    taken = {
        f"{method.upper()} {path}"
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
        if "requestBody" in operation
    }
    assert set(_all()) == taken


def test_slots_are_filled_at_every_depth() -> None:
    body = {"a": ["{x}", {"b": "{x}"}], "c": "{x} and more", "d": 1}
    assert filled(body, str.upper) == {"a": ["X", {"b": "X"}], "c": "{x} and more", "d": 1}


def test_made_up_ids_are_the_same_each_time_and_differ() -> None:
    assert made_up("group") == made_up("group") != made_up("project")
    assert made_up("sha256") == MADE_UP["sha256"]

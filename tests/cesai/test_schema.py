"""The API's description: valid OpenAPI 3.1, and complete for every route and method."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from cesai.urls import router
from tests.conftest import new_client

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def schema() -> Any:
    answer = new_client().get("/api/v1/schema/", headers={"Accept": "application/json"})
    return json.loads(answer.content)


def _operations(schema: Any) -> Iterator[tuple[str, str, Any]]:
    for path, operations in schema["paths"].items():
        for method in METHODS:
            if method in operations:
                yield path, method, operations[method]


def _served() -> list[tuple[str, str]]:
    """(path, method) of everything that the router serves."""
    urls: list[Any] = router.urls
    return [
        (f"/api/v1/{_shape(str(url.pattern))}", method)
        for url in urls
        for method in url.callback.actions
        if method != "head"
    ]


def test_it_is_valid(schema: Any) -> None:
    assert schema["openapi"].startswith("3.1")
    assert [error.message for error in OpenAPIV31SpecValidator(schema).iter_errors()] == []


def test_every_method_of_every_route_is_described(schema: Any) -> None:
    described = [(_shape(path), method) for path, method, _ in _operations(schema)]

    assert sorted(described) == sorted(_served())


def test_every_call_says_what_it_answers(schema: Any) -> None:
    silent = [
        (path, method)
        for path, method, operation in _operations(schema)
        for status, answer in operation["responses"].items()
        if status not in {"204", "304", "default"} and not answer.get("content")
    ]

    assert silent == []


def test_every_call_that_takes_a_body_says_which(schema: Any) -> None:
    silent = [
        (path, method)
        for path, method, operation in _operations(schema)
        if method in {"post", "put", "patch"} and not operation.get("requestBody")
    ]

    assert silent == WITHOUT_BODY


def test_every_call_says_with_which_statuses_it_refuses(schema: Any) -> None:
    for path, method, operation in _operations(schema):
        refusals = {s: row for s, row in operation["responses"].items() if s >= "400"}
        assert {"401", "406", "429"} <= set(refusals), (path, method)
        for answer in refusals.values():
            assert list(answer["content"]) == ["application/problem+json"], (path, method)


def test_calls_that_need_a_key_say_so(schema: Any) -> None:
    needed = {
        path
        for path, _method, operation in _operations(schema)
        for row in operation.get("parameters", ())
        if row["name"] == "Idempotency-Key" and row["required"]
    }

    assert needed == {
        "/api/v1/jobs/",
        "/api/v1/requests/",
        "/api/v1/requests/{id}/award/",
    }


def test_a_call_whose_answer_holds_a_secret_takes_no_key(schema: Any) -> None:
    taken = schema["paths"]["/api/v1/tokens/"]["post"].get("parameters", ())

    assert "Idempotency-Key" not in {row["name"] for row in taken}


def test_a_body_takes_no_fields_but_those_it_names(schema: Any) -> None:
    shapes = schema["components"]["schemas"]

    assert shapes["RequestInRequest"]["additionalProperties"] is False
    assert shapes["LineInRequest"]["additionalProperties"] is False
    assert "additionalProperties" not in shapes["RequestOut"]


def test_what_is_counted_inside_is_named_by_its_id(schema: Any) -> None:
    for kind in ("events", "ledger", "tokens", "usage"):
        parameters = schema["paths"][f"/api/v1/{kind}/{{id}}/"]["get"]["parameters"]
        [key] = [one for one in parameters if one["in"] == "path"]
        assert (key["name"], key["schema"]["format"]) == ("id", "uuid")


def test_the_last_page_has_no_next(schema: Any) -> None:
    page = schema["components"]["schemas"]["PaginatedEventOutList"]

    assert page["properties"]["next"]["type"] == ["string", "null"]


def test_names_of_operations_are_unique(schema: Any) -> None:
    names = [operation["operationId"] for _path, _method, operation in _operations(schema)]

    assert len(names) == len(set(names))


def test_lists_declare_their_cursor_page_size_and_filters(schema: Any) -> None:
    parameters = {row["name"] for row in schema["paths"]["/api/v1/models/"]["get"]["parameters"]}

    assert {"cursor", "page_size", "project__slug", "name__icontains"} <= parameters


def test_no_pattern_is_one_that_only_python_reads(schema: Any) -> None:
    assert "\\\\Z" not in json.dumps(schema)
    assert "\\\\A" not in json.dumps(schema)


def test_a_stranger_reads_it_without_signing_in(schema: Any) -> None:
    assert schema["info"]["title"] == "CESAI portal"


# Decisions that take no more than who and what.
WITHOUT_BODY = [
    ("/api/v1/allocations/{id}/resume/", "post"),
    ("/api/v1/cases/{id}/close/", "post"),
    ("/api/v1/jobs/{id}/cancel/", "post"),
    ("/api/v1/jobs/{id}/send-again/", "post"),
    ("/api/v1/models/{id}/confirm/", "post"),
    ("/api/v1/notices/{id}/read/", "post"),
    ("/api/v1/notices/read-all/", "post"),
    ("/api/v1/requests/{id}/submit/", "post"),
    ("/api/v1/requests/{id}/withdraw/", "post"),
    ("/api/v1/templates/{id}/retire/", "post"),
    ("/api/v1/usage-reports/{id}/undo/", "post"),
    ("/api/v1/versions/{id}/aliases/{name}/", "put"),
    ("/api/v1/versions/{id}/withdraw/", "post"),
    ("/api/v1/webhooks/{id}/pause/", "post"),
    ("/api/v1/webhooks/{id}/ping/", "post"),
    ("/api/v1/webhooks/{id}/resume/", "post"),
    ("/api/v1/webhooks/{id}/rotate-secret/", "post"),
]


def _shape(path: str) -> str:
    """A path with its variables made alike: `{id}` and `(?P<pk>[^/.]+)`."""
    plain = path.removeprefix("^").removesuffix("$").removesuffix("\\Z")
    return re.sub(r"\(\?P<\w+>[^)]*\)|\{\w+\}", "*", plain)

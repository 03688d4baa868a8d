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
        if status not in {"204", "default"} and not answer.get("content")
    ]

    assert silent == []


def test_every_call_that_takes_a_body_says_which(schema: Any) -> None:
    silent = [
        (path, method)
        for path, method, operation in _operations(schema)
        if method in {"post", "put", "patch"} and not operation.get("requestBody")
    ]

    assert silent == WITHOUT_BODY


def test_every_call_says_what_a_refusal_looks_like(schema: Any) -> None:
    for path, method, operation in _operations(schema):
        content = operation["responses"]["default"]["content"]
        assert list(content) == ["application/problem+json"], (path, method)


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
]


def _shape(path: str) -> str:
    """A path with its variables made alike: `{id}` and `(?P<pk>[^/.]+)`."""
    plain = path.removeprefix("^").removesuffix("$").removesuffix("\\Z")
    return re.sub(r"\(\?P<\w+>[^)]*\)|\{\w+\}", "*", plain)

"""The API's description leaves no field, filter, call or refusal without words, nor a unit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from cesai.wording import base_of, said_of, said_of_fields, said_of_filter, with_words
from tests.conftest import new_client

METHODS = ("get", "post", "put", "patch", "delete")
# What a field's name ends with → a word that its description must have.
UNITS = {
    "gpu_hours": "GPU-hours",
    "gpu_seconds": "GPU-seconds",
    "gpu_minutes": "GPU-minutes",
    "_at": "UTC",
    "closes_on": "UTC",
    "opens_on": "UTC",
    "decided_on": "UTC",
    "given_on": "UTC",
    "energy_kwh": "kWh",
    "gpu_watts": "watts",
    "gpu_memory_gb": "GB",
    "minutes": "inutes",
    "percent": "percent",
    "elapsed": "seconds",
    "submit_time": "seconds since 1970 UTC",
    "as_of": "UTC",
    "month": "2027-01",
    "bytes": "bytes",
    "start": "UTC",
    "end": "day after",
}


@pytest.fixture(scope="module")
def schema() -> Any:
    answer = new_client().get("/api/v1/schema/", headers={"Accept": "application/json"})
    return json.loads(answer.content)


def _fields(schema: Any) -> Iterator[tuple[str, str, Any]]:
    for name, shape in schema["components"]["schemas"].items():
        for field, value in shape.get("properties", {}).items():
            yield name, field, value


def _operations(schema: Any) -> Iterator[tuple[str, Any]]:
    for path, operations in schema["paths"].items():
        for method in METHODS:
            if method in operations:
                yield f"{method.upper()} {path}", operations[method]


def _is_silent(text: str) -> bool:
    """Nothing, or a list of words that does not say what they are about."""
    return not text.strip() or text.startswith(("* `", "Multiple values"))


def test_every_field_says_what_it_is(schema: Any) -> None:
    silent = [
        f"{shape}.{field}"
        for shape, field, value in _fields(schema)
        if _is_silent(value.get("description", ""))
    ]
    assert silent == [], "say it in the serializer's help_text or in cesai/fields.yaml"


def test_every_amount_and_time_names_its_unit(schema: Any) -> None:
    without = [
        (f"{shape}.{field}", word)
        for shape, field, value in _fields(schema)
        for end, word in UNITS.items()
        if (field == end or (end[0] == "_" and field.endswith(end)) or field.endswith(f"_{end}"))
        and word not in value["description"]
    ]
    assert without == []


def test_every_parameter_says_what_it_is(schema: Any) -> None:
    silent = [
        (call, one["name"])
        for call, operation in _operations(schema)
        for one in operation.get("parameters", ())
        if _is_silent(one.get("description", ""))
    ]
    assert silent == []


def test_every_call_has_a_summary_and_a_description_of_its_own(schema: Any) -> None:
    for call, operation in _operations(schema):
        assert 3 <= len(operation["summary"]) <= 120, call
        assert "\n" not in operation["summary"], call
        assert operation["description"].startswith(operation["summary"]), call
        assert "lookup_value_regex" not in operation["description"], call


def test_every_refusal_says_what_it_means(schema: Any) -> None:
    for call, operation in _operations(schema):
        refusals = {s: row for s, row in operation["responses"].items() if s >= "400"}
        assert refusals, call
        assert all(row["description"] for row in refusals.values()), call


def test_nothing_is_written_down_that_no_field_says(schema: Any) -> None:
    fields = {(base_of(shape), field) for shape, field, _value in _fields(schema)}
    names = {field for _shape, field in fields}
    said = dict(said_of_fields())
    filters = {
        part
        for _call, operation in _operations(schema)
        for one in operation.get("parameters", ())
        for part in one["name"].split("__")
    }
    assert set(said.pop("everywhere")) - names - filters == set()
    assert set(said.pop("filters")) - filters == set()
    assert {(shape, field) for shape, rows in said.items() for field in rows} - fields == set()


def test_a_shape_that_means_something_else_goes_before_what_holds_everywhere() -> None:
    assert said_of("AllocationOut", "cluster") == "Short name of the cluster."
    assert said_of("PatchedClusterChangeRequest", "rest_url") == said_of("Any", "rest_url")
    assert said_of("MaintenanceOut", "cluster") == "Cluster, by id."
    assert said_of("Any", "nonsense") == ""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("pool__cluster__slug", "Short name of the cluster."),
        ("project", "Project, by id"),
        ("month__gte", "Calendar month in UTC, as 2027-01. This or later, or more."),
        ("state__in", "State that it is in. One of these, with commas between them."),
        ("nonsense", ""),
    ],
)
def test_a_filter_says_what_it_compares_and_how(name: str, said: str) -> None:
    assert said_of_filter(name) == said


def test_what_a_serializer_says_is_kept() -> None:
    assert with_words("Its own.", "Another.") == "Its own."
    assert with_words("* `a` - A", "What it is.") == "What it is.\n\n* `a` - A"
    assert with_words("", "What it is.") == "What it is."

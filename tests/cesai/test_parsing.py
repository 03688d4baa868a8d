"""Bodies: standard JSON within limits, or a refusal that says what is wrong with it."""

from __future__ import annotations

from typing import Any

import pytest

from projects.models import Group
from tests import make
from tests.conftest import Caller, new_client

MIB = 1 << 20


def _send(caller: Caller, body: bytes, content_type: str = "application/json", **more: str) -> Any:
    return new_client().post(
        "/api/v1/projects/",
        data=body,
        content_type=content_type,
        headers={"Authorization": f"Bearer {caller.token}", **more},
    )


@pytest.mark.parametrize(
    "body",
    [
        b"NaN",
        b'{"title": NaN}',
        b'{"title": Infinity}',
        b'{"title": 1e309}',
        b'{"title": -1e309}',
        b'{"title": "x",}',
        b"{'title': 'x'}",
        b'{"title": "\xff"}',
        b'{"title": "\\ud800"}',
        b"\xef\xbb\xbf{}",
        b"{",
        b'{"a": 1} {"b": 2}',
        b"\x00",
    ],
)
def test_what_is_no_standard_json_is_refused(lead: Caller, body: bytes) -> None:
    refused = _send(lead, body)

    assert refused.status_code == 400
    assert refused.json()["detail"].startswith("The body is no JSON")


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"7", b"null", b"true"])
def test_what_is_no_object_is_refused(lead: Caller, body: bytes) -> None:
    assert _send(lead, body).json()["detail"] == "The body must be a JSON object."


@pytest.mark.parametrize("depth", [32, 500, 1000])
@pytest.mark.parametrize("nest", [("[", "]"), ('{"a":', "}")])
def test_a_body_nested_deeper_than_32_levels_is_refused(
    lead: Caller, depth: int, nest: tuple[str, str]
) -> None:
    inner = nest[0] * depth + ("1" if nest[0] != "[" else "") + nest[1] * depth

    refused = _send(lead, f'{{"a":{inner}}}'.encode())

    assert refused.status_code == 400
    assert "32 levels" in refused.json()["detail"]


def test_a_body_nested_32_levels_is_read(lead: Caller) -> None:
    refused = _send(lead, b'{"a":' + b"[" * 31 + b"]" * 31 + b"}")

    assert "a" in refused.json()["errors"]


def test_parentheses_without_end_are_refused(lead: Caller) -> None:
    assert _send(lead, b"[" * MIB).status_code == 400


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}])
def test_a_body_beyond_four_mebibytes_is_refused(lead: Caller, headers: dict[str, str]) -> None:
    refused = _send(lead, b'{"title": "' + b"x" * (5 * MIB) + b'"}', **headers)

    assert refused.status_code == 413
    assert refused.headers["Content-Type"] == "application/problem+json"


def test_a_strangers_big_body_is_not_read_without_a_token(db: None) -> None:
    answer = new_client().post(
        "/api/v1/projects/", data=b"x" * (5 * MIB), content_type="application/json"
    )

    assert answer.status_code == 401


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "multipart/form-data"])
def test_another_kind_of_body_is_refused(lead: Caller, content_type: str) -> None:
    assert _send(lead, b"title=x", content_type).status_code == 415


def test_a_nul_in_a_text_is_refused_by_field(lead: Caller, group: Group) -> None:
    body = {"lead_group": str(group.pk), "slug": "new", "title": "a\x00b"}

    refused = lead.post("projects/", body)

    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["title"])


@pytest.mark.parametrize("number", [2**63, 2**64, 10**40, -(10**40), 1e300, 10**4000])
def test_a_number_beyond_all_measure_is_refused_by_field(
    lead: Caller, group: Group, number: Any
) -> None:
    refused = lead.post("models/", {"name": "m", "group": str(group.pk), "tokens": number})

    assert refused.status_code == 400


@pytest.mark.parametrize("path", ["tokens/", "projects/", "models/", "groups/", "invitations/"])
def test_an_empty_body_names_what_is_required(lead: Caller, path: str) -> None:
    refused = lead.post(path, {})

    assert refused.status_code == 400
    assert "This field is required." in refused.json()["errors"].popitem()[1]


def test_the_messages_about_a_list_say_which_row(lead: Caller, group: Group) -> None:
    body = {"name": "m", "group": str(group.pk), "languages": ["de", "DE", "en"]}

    assert list(lead.post("models/", body).json()["errors"]["languages"]) == ["1"]


def test_keys_are_compared_as_they_are_sent(lead: Caller) -> None:
    one, two = (_send(lead, body, **{"Idempotency-Key": "k"}) for body in (b"{}", b"{ }"))

    assert (one.status_code, two.status_code) == (400, 422)


def test_an_unknown_key_is_named_however_long(lead: Caller) -> None:
    name = make.key() * 10

    assert list(lead.post("tokens/", {"name": "x", name: 1}).json()["errors"]) == [name]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", 7),
        ("name", True),
        ("languages", ["de", 1]),
        ("tokens", "7"),
        ("tokens", True),
        ("shows_as_ancestor", "yes"),
        ("shows_as_ancestor", 1),
    ],
)
def test_no_value_is_taken_for_one_of_another_type(
    lead: Caller, group: Group, field: str, value: Any
) -> None:
    refused = lead.post("models/", {"name": "m", "group": str(group.pk), field: value})

    assert (refused.status_code, list(refused.json()["errors"])) == (400, [field])


def test_a_value_of_another_type_is_named_by_its_place(lead: Caller, group: Group) -> None:
    body = {"name": "m", "group": str(group.pk), "parents": [{"literal": 7}]}

    errors = lead.post("models/", body).json()["errors"]

    assert errors == {"parents": {"0": {"literal": ["Not a valid string."]}}}

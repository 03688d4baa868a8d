"""Who may call MLflow's routes, and that every refusal is JSON in MLflow's words."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from rest_framework.throttling import UserRateThrottle

from projects.models import AccessToken, User
from registry.models import Model
from tests import make
from tests.conftest import Caller, calls_as, new_client
from tests.mlflow.calls import API, MODELS, add_model, code_of, get_model

SEARCH = f"{API}{MODELS}/search"
CREATE = f"{API}{MODELS}/create"


def _as(header: str) -> Any:
    return new_client().get(SEARCH, headers={"Authorization": header} if header else {})


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _assert_refused(answer: Any, status: int, code: str) -> None:
    assert code_of(answer) == (status, code)
    assert answer.json()["message"]
    assert answer["Content-Type"] == "application/json"
    assert "Location" not in answer
    assert not answer.cookies


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_token_is_taken_as_bearer(member: Caller, scheme: str) -> None:
    assert _as(f"{scheme} {member.token}").status_code == 200


@pytest.mark.parametrize("user", ["token", "", "somebody else"])
def test_a_token_is_taken_as_the_password_of_any_name(member: Caller, user: str) -> None:
    assert _as(_basic(user, member.token)).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "", "Bearer", "Bearer ", "Bearer nonsense", "Bearer a b", "Bearer é", "Bearer \x80",
        "Token x", "Basic", "Basic x", "Basic é", "Basic ====", "Basic gA==", "Basic bm8gY29sb24=",
        _basic("user", ""), _basic("user", "nonsense"), _basic("user", "ümlaut"), "Digest a=b",
    ],
)  # fmt: skip
def test_without_a_valid_token_nothing_is_served(db: None, header: str) -> None:
    answer = _as(header)

    _assert_refused(answer, 401, "UNAUTHENTICATED")
    assert answer["WWW-Authenticate"] == 'Bearer realm="CESAI"'


def test_the_token_of_another_length_is_refused(member: Caller) -> None:
    _assert_refused(_as(f"Bearer {member.token}x"), 401, "UNAUTHENTICATED")


def test_an_expired_token_is_refused(member: Caller) -> None:
    AccessToken.objects.update(expiry=make.now() - timedelta(seconds=1))

    _assert_refused(get_model(member), 401, "UNAUTHENTICATED")


def test_a_revoked_token_is_refused(member: Caller) -> None:
    token = AccessToken.objects.get(user=member.user)
    member.delete(f"tokens/{token.id}/")

    _assert_refused(get_model(member), 401, "UNAUTHENTICATED")


def test_a_deactivated_person_is_refused(member: Caller) -> None:
    User.objects.update(is_active=False)

    _assert_refused(get_model(member), 401, "UNAUTHENTICATED")


def test_a_browsers_session_opens_nothing(member: Caller) -> None:
    answer = member.as_browser.get(SEARCH)

    assert answer.status_code == 401


def test_a_token_that_may_only_read_reads(member: Caller) -> None:
    add_model(member)

    assert get_model(calls_as(member.user, "read")).status_code == 200


def test_a_token_that_may_only_read_reads_also_by_post(member: Caller) -> None:
    add_model(member)
    reader = calls_as(member.user, "read")

    answer = reader.post(f"{API}{MODELS}/get-latest-versions", {"name": "iris"})

    assert answer.status_code == 200


def test_a_token_that_may_only_read_changes_nothing(member: Caller) -> None:
    answer = add_model(calls_as(member.user, "read"))

    _assert_refused(answer, 403, "PERMISSION_DENIED")
    assert not Model.objects.exists()


def test_who_calls_too_often_is_told_so(member: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(UserRateThrottle, "rate", "2/min", raising=False)
    cache.clear()

    answers = [member.get(SEARCH) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    _assert_refused(answers[2], 429, "REQUEST_LIMIT_EXCEEDED")


def test_the_pace_of_one_person_stops_nobody_else(
    member: Caller, lead: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UserRateThrottle, "rate", "1/min", raising=False)
    cache.clear()
    member.get(SEARCH)

    assert lead.get(SEARCH).status_code == 200


@pytest.mark.parametrize("path", ["", "api", "api/2.0/mlflow/experiments/search", "graphql"])
@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_a_route_that_is_not_there_answers_in_json(db: None, method: str, path: str) -> None:
    answer = getattr(new_client(), method)(f"/mlflow/{path}")

    _assert_refused(answer, 404, "ENDPOINT_NOT_FOUND")


def test_a_last_slash_makes_another_route(member: Caller) -> None:
    _assert_refused(member.post(f"{CREATE}/", {"name": "iris"}), 404, "ENDPOINT_NOT_FOUND")


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_a_method_that_a_route_does_not_know_is_named(member: Caller, method: str) -> None:
    answer = getattr(member, method)(CREATE, *([] if method == "get" else [{}]))

    _assert_refused(answer, 405, "METHOD_NOT_ALLOWED")
    assert answer.json()["message"].startswith(f"{method.upper()} is not for this route: POST")


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "PROPFIND"])
def test_an_odd_method_is_no_fault(member: Caller, method: str) -> None:
    answer = new_client().generic(
        method, SEARCH, headers={"Authorization": f"Bearer {member.token}"}
    )

    assert answer.status_code in {403, 405}
    assert answer["Content-Type"] == "application/json"


def _send(caller: Caller, body: bytes, kind: str = "application/json", **more: str) -> Any:
    headers = {"Authorization": f"Bearer {caller.token}", **more}
    return new_client().post(CREATE, body, content_type=kind, headers=headers)


@pytest.mark.parametrize(
    "body",
    [
        b"{bad", b"[1]", b'"text"', b"7", b"true", b"\xff\xfe", b'{"name": "\\ud800"}', b"{}",
        b'{"name": "a\\u0000b"}', b'{"name": NaN}', b'{"name": 1e999}', b'{"name": {"a": 1}}',
        b'{"name": %s}' % (b"9" * 5000), b"[" * 100_000, b'{"name":' * 5000, b"\xef\xbb\xbf{}",
        b'{"a":' * 900 + b"1" + b"}" * 900,
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_read_is_refused_in_json(member: Caller, body: bytes) -> None:
    _assert_refused(_send(member, body), 400, "INVALID_PARAMETER_VALUE")


def test_a_body_that_is_too_large_is_refused_in_json(member: Caller) -> None:
    answer = _send(member, b'{"name": "' + b"x" * 5 * 1024 * 1024 + b'"}')

    _assert_refused(answer, 400, "INVALID_PARAMETER_VALUE")
    assert "4 MiB" in answer.json()["message"]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_a_body_of_another_kind_is_refused_in_json(member: Caller, kind: str) -> None:
    _assert_refused(_send(member, b'{"name": "iris"}', kind), 400, "INVALID_PARAMETER_VALUE")


def test_a_query_of_a_thousand_parts_is_refused_in_json(member: Caller) -> None:
    query = "&".join(f"a{n}=1" for n in range(1001))

    _assert_refused(member.get(f"{SEARCH}?{query}"), 400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize("query", ["%00", "%ff", "name=%00", "name=%ed%a0%80", "name=a%00b"])
def test_a_query_that_cannot_be_read_is_no_fault(member: Caller, query: str) -> None:
    answer = member.get(f"{API}{MODELS}/get?{query}")

    assert answer.status_code in {400, 404}
    assert answer["Content-Type"] == "application/json"


@pytest.mark.parametrize("host", ["elsewhere.example", "a b", "testserver:x"])
def test_another_host_is_refused_in_json(member: Caller, host: str) -> None:
    answer = _send(member, b'{"name": "iris"}', Host=host)

    _assert_refused(answer, 400, "INVALID_PARAMETER_VALUE")


def test_a_fault_answers_in_json_and_tells_nothing(
    member: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_model(member)
    Model.objects.update(tags=[1])  # what no writer leaves there

    answer = get_model(member)

    _assert_refused(answer, 500, "INTERNAL_ERROR")
    assert not any(word in answer.content for word in (b"Traceback", b"SELECT", b".py"))


def test_what_a_browser_would_have_to_prove_is_not_asked_for(member: Caller) -> None:
    client = Client(enforce_csrf_checks=True)

    answer = client.post(
        CREATE,
        b'{"name": "iris"}',
        content_type="application/json",
        headers={"Authorization": f"Bearer {member.token}", "Origin": "https://elsewhere.example"},
    )

    assert answer.status_code == 200


def test_success_is_json_without_a_cookie(member: Caller) -> None:
    answer = add_model(member)

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert not answer.cookies


def test_a_key_of_an_intent_changes_nothing(member: Caller) -> None:
    key = make.key()
    first = member.post(CREATE, {"name": "iris"}, key=key)

    again = member.post(CREATE, {"name": "other"}, key=key)

    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json()["registered_model"]["name"] == "other"


@pytest.mark.parametrize("key", ["", "x" * 500, "ä"])
def test_no_key_of_an_intent_is_refused(member: Caller, key: str) -> None:
    assert member.post(CREATE, {"name": "iris"}, key=key).status_code == 200


def test_words_stay_english_whatever_the_caller_reads(member: Caller) -> None:
    english = get_model(member).content

    german = member.get(f"{API}{MODELS}/get?name=iris", **{"Accept-Language": "de"})

    assert german.content == english


def test_all_refusals_of_actions_stay_english(member: Caller, guest: Caller) -> None:
    add_model(member)
    body = {"name": "iris", "key": "k", "value": "v"}

    refused = guest.post(f"{API}{MODELS}/set-tag", body, **{"Accept-Language": "de"})

    assert refused.json()["message"].startswith("Your role here does not include this.")

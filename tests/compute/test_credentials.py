"""Tokens that a site delivers: what is taken, and that none comes out again."""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from compute.models import Cluster, Credential
from projects.models import Event
from tests import make
from tests.compute.bodies import Calls
from tests.conftest import Caller


def put(caller: Caller, cluster: Cluster, token: str, user: str = "p1", kind: str = "run") -> Any:
    body = {"kind": kind, "token": token}
    return caller.put(f"clusters/{cluster.slug}/credentials/{user}/", body)


def test_a_delivered_token_is_kept_and_answered_with_nothing(
    operator: Caller, cluster: Cluster
) -> None:
    token = make.make_jwt("p1")
    answer = put(operator, cluster, token)
    assert (answer.status_code, answer.content) == (204, b"")
    assert Credential.objects.get(unix_user="p1").token() == token


def test_the_token_is_neither_in_the_row_nor_in_the_list(
    operator: Caller, cluster: Cluster
) -> None:
    token = make.make_jwt("p1")
    put(operator, cluster, token)
    shown = operator.get(f"clusters/{cluster.slug}/credentials/")
    signature = token.rsplit(".", 1)[1]
    assert signature not in shown.content.decode()
    assert signature not in Credential.objects.get().sealed_token
    assert [row["unix_user"] for row in shown.json()] == ["p1"]


def test_a_fresh_token_takes_the_place_of_the_one_before(
    operator: Caller, cluster: Cluster
) -> None:
    put(operator, cluster, make.make_jwt("p1"))
    fresh = make.make_jwt("p1", seconds=7200)
    put(operator, cluster, fresh)
    assert Credential.objects.get().token() == fresh
    assert Event.objects.filter(kind="deliver_credential").count() == 1


def test_a_token_that_has_ended_is_refused_with_the_time(
    operator: Caller, cluster: Cluster
) -> None:
    answer = put(operator, cluster, make.make_jwt("p1", seconds=-1))
    assert answer.status_code == 400
    assert "ended at" in answer.json()["detail"]
    assert not Credential.objects.exists()


def test_a_token_that_ends_within_the_minute_is_refused(
    operator: Caller, cluster: Cluster
) -> None:
    assert put(operator, cluster, make.make_jwt("p1", seconds=50)).status_code == 400


def test_a_token_of_another_user_is_refused(operator: Caller, cluster: Cluster) -> None:
    answer = put(operator, cluster, make.make_jwt("root"))
    assert answer.status_code == 400
    assert "belongs to “root”" in answer.json()["detail"]
    assert not Credential.objects.exists()


def test_a_token_without_an_end_is_refused(operator: Caller, cluster: Cluster) -> None:
    key = "not the key of any cluster, only for shape"
    answer = put(operator, cluster, jwt.encode({"sun": "p1"}, key, algorithm="HS256"))
    assert answer.status_code == 400
    assert "lifespan" in answer.json()["detail"]


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "é.é.é"])
def test_what_is_no_token_is_refused(operator: Caller, cluster: Cluster, token: str) -> None:
    assert put(operator, cluster, token).status_code == 400


@pytest.mark.parametrize("extra", ["\r\nX-SLURM-USER-NAME: root", "é", " x"])
def test_a_token_that_would_break_the_header_is_refused(
    operator: Caller, cluster: Cluster, extra: str
) -> None:
    assert put(operator, cluster, make.make_jwt("p1") + extra).status_code == 400
    assert not Credential.objects.exists()


@pytest.mark.parametrize("user", ["Root", "-x", "a" * 33, "a;b", "1a", "a%0Ab"])
def test_what_is_no_unix_user_is_refused(operator: Caller, cluster: Cluster, user: str) -> None:
    assert put(operator, cluster, make.make_jwt(user), user=user).status_code in {400, 404}
    assert not Credential.objects.exists()


def test_the_kinds_of_one_user_never_mix(operator: Caller, cluster: Cluster) -> None:
    put(operator, cluster, make.make_jwt("p1"))
    assert put(operator, cluster, make.make_jwt("p1"), kind="control").status_code == 409
    assert Credential.objects.get().kind == "run"


def test_a_cluster_has_one_control_credential(operator: Caller, cluster: Cluster) -> None:
    put(operator, cluster, make.make_jwt("c1"), user="c1", kind="control")
    answer = put(operator, cluster, make.make_jwt("c2"), user="c2", kind="control")
    assert answer.status_code == 409


def test_a_withdrawn_token_is_gone_and_the_second_time_a_conflict(
    operator: Caller, cluster: Cluster
) -> None:
    put(operator, cluster, make.make_jwt("p1"))
    path = f"clusters/{cluster.slug}/credentials/p1/"
    assert operator.delete(path).status_code == 204
    assert operator.delete(path).status_code == 409
    assert not Credential.objects.exists()


def test_neither_a_stranger_nor_a_lead_delivers_lists_or_withdraws(
    stranger: Caller, lead: Caller, cluster: Cluster
) -> None:
    for who in (stranger, lead):
        assert put(who, cluster, make.make_jwt("p1")).status_code == 403
        assert who.get(f"clusters/{cluster.slug}/credentials/").status_code == 403
        assert who.delete(f"clusters/{cluster.slug}/credentials/p1/").status_code == 403
    assert not Credential.objects.exists()


def test_the_operator_of_another_cluster_delivers_nothing_here(
    caller: Calls,
    cluster: Cluster,
) -> None:
    other = caller(make.make_operator(make.make_cluster()))
    assert put(other, cluster, make.make_jwt("p1")).status_code in {403, 404}

"""Catalogues made to be costly, or to learn or change what is somebody else's."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connection, connections
from django.test import RequestFactory

from projects.models import Event, Group
from projects.roles import Role
from registry.exchange.push import Turn
from registry.models import Dataset, Derivation, ExchangeKey, Figure, Model
from tests import make
from tests.attacks.cases import each
from tests.conftest import Caller, new_client
from tests.registry.exchanging import (
    ALL,
    BASE,
    CHAT,
    CORPUS,
    MADE_FROM,
    SIZE,
    WEIGHTS,
    pull,
    push,
    read,
    send,
    statuses,
    written,
)

MIB = 1024 * 1024
NOBODY = "00000000-0000-4000-8000-000000000000"
DEEP = b'{"type":"model","key":"x","name":'


@pytest.fixture
def theirs(stranger: Caller) -> Group:
    return Group.objects.get(name="Theirs")


@each(
    "line",
    [b"NaN", b'{"type":"model","key":"x","parameters":NaN}', b'{"a":Infinity}', b"[]", b'"x"',
     b"null", b'{"type":"model","key":"\xff"}', b'{"type":"model","key":"\\ud800"}',
     b"\xef\xbb\xbf{}", b"\x00", b'{"type":"model","key":"x"} {}', b'{"type":["model"]}',
     b'{"type":"totals2"}', b'{"type":"model","key":{"a":1}}', 
     b'{"type":"model","key":"a\\u0000"}',
     DEEP + b"[" * 32 + b"]" * 32 + b"}", DEEP + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}",
     b"[" * 100_000, b'{"type":"model","key":"x","name":"' + b"x" * MIB + b'"}',
     b'{"type":"dataset","key":"x","name":"x","tokens":' + b"9" * 5000 + b"}",
     b'{"type":"dataset","key":"x","name":"x","tokens":1e999}',
     b'{"type":"figure","key":"x","model":"y","kind":"tokens","value":1e400}',
     b'{"type":"dataset","key":"x","name":"\\u0000"}',
     b'{"type":"model","key":"x","name":"x","parents":[{"model":"\\u0000"}]}'],
)  # fmt: skip
def test_a_line_made_to_break_the_reader_fails_alone(
    member: Caller, group: Group, line: bytes
) -> None:
    began = time.monotonic()

    outcomes = push(member, group, CORPUS, line, {**BASE, "description": str(began)})

    assert [status == "failed" for status in statuses(outcomes)] == [False, True, False]
    assert [outcome["line"] for outcome in outcomes] == [1, 2, 3]
    assert time.monotonic() - began < 10


@each(
    "line",
    [{**BASE, "languages": ["x" * 9] * 50_000}, {**BASE, **{f"f{n}": 1 for n in range(50_000)}},
     {**BASE, "modality_out": ["x"] * 50_000}, {**BASE, "parents": [{}] * 50_000},
     {**BASE, "tasks": ["x" * 40] * 20_000}],
)  # fmt: skip
def test_who_is_wrong_in_a_thousand_places_is_told_of_some(
    member: Caller, group: Group, line: dict[str, Any]
) -> None:
    answer = send(member, group, line)

    assert read(answer)[0]["status"] == "failed"
    assert len(answer.getvalue()) < 20_000


def test_too_many_lines_are_refused_before_any_is_kept(member: Caller, group: Group) -> None:
    refused = send(member, group, CORPUS, b"{}\n" * 20_000)

    assert (refused.status_code, refused["Content-Type"]) == (413, "application/problem+json")
    assert not Dataset.objects.exists()


def test_too_large_a_catalogue_is_refused(member: Caller, group: Group) -> None:
    refused = send(member, group, CORPUS, b" " * 64 * MIB)

    assert (refused.status_code, refused.json()["type"]) == (413, "/problems/too-large")
    assert not Dataset.objects.exists()


def test_with_a_key_no_more_is_taken_than_of_any_call(member: Caller, group: Group) -> None:
    assert send(member, group, CORPUS, b" " * 4 * MIB, key=make.key()).status_code == 413


@each("more", [{"more": "&dry_run=true"}, {"key": make.key()}])
def test_what_is_one_transaction_is_short(
    member: Caller, group: Group, more: dict[str, str]
) -> None:
    refused = send(member, group, CORPUS, b"{}\n" * 5_000, **more)

    assert (refused.status_code, refused.json()["type"]) == (413, "/problems/too-large")
    assert "5,000 lines" in refused.json()["detail"]
    assert not Dataset.objects.exists()


@each("body", [b"", b"\n \n\n", b'{"type": "totals"}\n'])
def test_nothing_is_no_catalogue(member: Caller, group: Group, body: bytes) -> None:
    assert send(member, group, body).status_code == 400


def test_half_of_a_catalogue_is_not_taken_for_the_whole(member: Caller, group: Group) -> None:
    half, whole = written(CORPUS), written(CORPUS, BASE)
    sent: dict[str, Any] = {
        "CONTENT_TYPE": "application/x-ndjson",
        "CONTENT_LENGTH": str(len(whole)),
        "HTTP_AUTHORIZATION": f"Bearer {member.token}",
        "wsgi.input": BytesIO(half),
    }
    cut = RequestFactory().post(f"/api/v1/catalogue/?group={group.pk}", **sent)

    answer: Any = get_wsgi_application().get_response(cut)

    assert answer.status_code == 400
    assert b"ended before its body did" in answer.content
    assert not Dataset.objects.exists()


@each("kind", ["application/json", "text/plain", "", "application/x-ndjson2"])
def test_what_is_not_said_to_be_lines_is_not_read(member: Caller, group: Group, kind: str) -> None:
    path = f"/api/v1/catalogue/?group={group.pk}"
    headers = {"Authorization": f"Bearer {member.token}"}

    answer = new_client().generic("POST", path, written(CORPUS), kind, headers=headers)

    assert answer.status_code == 415
    assert not Dataset.objects.exists()


@each("query", ["dry_run=yes", "dry_run=1", "group=x", f"group={NOBODY}", "group=%00"])
def test_a_question_that_makes_no_sense_is_refused(
    member: Caller, group: Group, query: str
) -> None:
    path = "catalogue/?" + (query if "group" in query else f"group={group.pk}&{query}")

    assert member.post(path, written(CORPUS), key="").status_code in {400, 404}
    assert not Dataset.objects.exists()


@each("role", [Role.GUEST])
def test_a_guest_pushes_nothing(guest: Caller, group: Group, role: Role) -> None:
    assert send(guest, group, *ALL).status_code == 403
    assert not Model.objects.exists()


@each("more", ["", "&dry_run=true"])
def test_nobody_pushes_into_another_group(
    member: Caller, group: Group, stranger: Caller, more: str
) -> None:
    assert send(stranger, group, *ALL, more=more).status_code == 403
    assert not Model.objects.exists()


@pytest.fixture
def secret(member: Caller, group: Group) -> dict[str, str]:
    """Ours, private: key and id of its model, version and dataset."""
    outcomes = push(member, group, *ALL)
    assert statuses(outcomes) == ["created"] * 7
    return {line["key"]: line["id"] for line in outcomes}


def _aimed(kind: str, key: str) -> dict[str, Any]:
    """A line that refers to what somebody else keeps to themselves."""
    return {
        "model of a version": {"type": "version", "key": "x", "model": key, "source": "s3://x"},
        "model of a figure": {"type": "figure", "key": "x", "model": key, "kind": "tokens"},
        "version of a figure": {"type": "figure", "key": "x", "version": key, "kind": "tokens"},
        "child": {**MADE_FROM, "child": key, "version": "base-7b/1"},
        "parent": {**MADE_FROM, "version": key},
        "model as a parent": {"type": "derivation", "key": "x", "child": "chat-7b", "model": key},
        "parent of a model": {**BASE, "key": "y", "name": "Y", "parents": [{"version": key}]},
        "parent of a dataset": {**CORPUS, "key": "y", "name": "Y", "parents": [{"dataset": key}]},
        "project": {**BASE, "key": "y", "name": "Y", "project": key},
    }[kind]


@each("kind", ["model of a version", "model of a figure", "version of a figure", "child",
               "parent", "model as a parent", "parent of a model",
               "parent of a dataset"])  # fmt: skip
def test_what_is_hidden_answers_like_what_does_not_exist(
    stranger: Caller, theirs: Group, secret: dict[str, str], kind: str
) -> None:
    push(stranger, theirs, BASE, CHAT, WEIGHTS)
    for hidden in secret.values():
        told = []
        for key in (hidden, NOBODY):
            [outcome] = push(stranger, theirs, _aimed(kind, key))
            told.append(str(outcome).replace(key, "KEY"))
            assert outcome["status"] == "failed"
        assert told[0] == told[1]


@each("kind", ["project"])
def test_a_hidden_project_answers_like_none(
    stranger: Caller, theirs: Group, lead: Caller, group: Group, kind: str
) -> None:
    project = make.make_project(group)

    told = [push(stranger, theirs, _aimed(kind, key)) for key in (str(project.pk), NOBODY)]

    assert told[0] == told[1]
    assert statuses(told[0]) == ["failed"]


def test_the_keys_of_another_group_mean_nothing(
    stranger: Caller, theirs: Group, secret: dict[str, str]
) -> None:
    outcomes = push(stranger, theirs, WEIGHTS, SIZE, {**CORPUS, "key": "x", "parents": [
        {"dataset": "clean"}
    ]})  # fmt: skip

    assert statuses(outcomes) == ["failed"] * 3
    assert not ExchangeKey.objects.of(theirs).exists()


def test_the_id_of_another_groups_entry_is_no_key_of_it(
    stranger: Caller, theirs: Group, secret: dict[str, str]
) -> None:
    lines = [
        {**line, "key": secret[str(line["key"])], "name": "Taken over"}
        for line in (CORPUS, BASE)
    ]  # fmt: skip

    outcomes = push(stranger, theirs, *lines)

    assert statuses(outcomes) == ["created", "created"]
    assert not {outcome["id"] for outcome in outcomes} & set(secret.values())
    assert set(Model.objects.values_list("name", "group__name")) == {
        ("Base 7B", "Ours"), ("Chat 7B", "Ours"), ("Taken over", "Theirs")
    }  # fmt: skip


@each("visibility", ["public", "partners"])
def test_what_one_may_see_one_may_build_on_and_not_change(
    stranger: Caller, theirs: Group, secret: dict[str, str], visibility: str
) -> None:
    Model.objects.filter(group__name="Ours").update(visibility=visibility)
    mine = {**CHAT, "key": visibility, "name": visibility}
    before = Figure.objects.count(), Derivation.objects.count()

    outcomes = push(
        stranger,
        theirs,
        {**mine, "parents": [{"model": secret["base-7b"]}]},
        {**SIZE, "model": secret["base-7b"]},
        {**WEIGHTS, "model": secret["base-7b"]},
        {**MADE_FROM, "child": secret["chat-7b"], "version": secret["base-7b/1"]},
    )

    assert statuses(outcomes) == ["created", "failed", "failed", "failed"]
    assert (Figure.objects.count(), Derivation.objects.count()) == (before[0], before[1] + 1)


def test_who_lost_the_group_pushes_nothing_more(
    member: Caller, group: Group, secret: dict[str, str]
) -> None:
    member.user.memberships.all().delete()

    assert send(member, group, {**BASE, "licence": "MIT"}).status_code == 404
    assert Model.objects.get(name="Base 7B").licence == "Apache-2.0"


def test_no_key_of_a_sender_is_told_to_others(
    stranger: Caller, secret: dict[str, str], group: Group
) -> None:
    Model.objects.update(visibility="public")
    Dataset.objects.update(visibility="public")

    text = str(pull(stranger))

    assert "Base 7B" in text
    for key in ("base-7b", "corpus", "chat-7b<"):
        assert f"'{key}" not in text


def test_a_dry_run_of_another_line_changes_no_log(
    member: Caller, group: Group, secret: dict[str, str]
) -> None:
    count = Event.objects.count()

    push(member, group, {**BASE, "state": "withdrawn"}, more="&dry_run=true")

    assert Event.objects.count() == count
    assert Model.objects.get(name="Base 7B").state == "released"


@pytest.mark.django_db(transaction=True)
def test_one_push_of_a_group_at_a_time(
    member: Caller, group: Group, stranger: Caller, theirs: Group
) -> None:
    with _another_push(group):
        refused = send(member, group, CORPUS)
        other = push(stranger, theirs, CORPUS)

    assert (refused.status_code, statuses(other)) == (409, ["created"])
    assert statuses(push(member, group, CORPUS)) == ["created"]


@pytest.mark.django_db(transaction=True)
@each("more", ["", "&dry_run=true"])
def test_a_push_whose_answer_nobody_reads_ends_its_turn(
    member: Caller, group: Group, more: str
) -> None:
    send(member, group, CORPUS, more=more).close()

    with _another_push(group):
        assert not _locks_of_this_connection()


@contextmanager
def _another_push(group: Group) -> Iterator[None]:
    """Another process works on a catalogue of the group meanwhile."""
    begun, end = threading.Event(), threading.Event()

    def work() -> None:
        turn = Turn(group)
        begun.set()
        end.wait(10)
        turn.end()
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    assert begun.wait(10)
    yield
    end.set()
    thread.join()


def _locks_of_this_connection() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
        )
        return int(cursor.fetchone()[0])

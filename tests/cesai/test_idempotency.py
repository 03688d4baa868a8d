"""Idempotency keys: one effect and one answer, however often and at whatever moment one asks."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connection, connections, transaction
from django.test import RequestFactory

from cesai import idempotency
from cesai.tasks import forget_old_answers
from projects.models import Event, Group, Project, StoredAnswer
from tests import make
from tests.at_once import at_once
from tests.conftest import Caller, calls_as

FAILING = """
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the disk is full'; END $$;
CREATE TRIGGER fail BEFORE INSERT ON projects_project FOR EACH ROW EXECUTE FUNCTION fail();
"""


def _new(group: Group, slug: str = "new") -> dict[str, Any]:
    return {"lead_group": str(group.pk), "slug": slug, "title": "New"}


def test_the_same_call_again_gets_the_same_answer_and_has_one_effect(
    lead: Caller, group: Group
) -> None:
    key = make.key()

    first, second = (lead.post("projects/", _new(group), key=key) for _ in range(2))

    assert (second.status_code, second.content) == (201, first.content)
    assert second.headers["Idempotency-Replayed"] == "true"
    assert Project.objects.count() == 1


def test_another_body_under_the_same_key_is_refused(lead: Caller, group: Group) -> None:
    key = make.key()
    lead.post("projects/", _new(group), key=key)

    assert lead.post("projects/", _new(group, "other"), key=key).status_code == 422
    assert not Project.objects.filter(slug="other").exists()


def test_another_address_under_the_same_key_is_refused(lead: Caller, group: Group) -> None:
    key = make.key()
    lead.post("projects/", _new(group), key=key)

    assert lead.post("models/", _new(group), key=key).status_code == 422


def test_a_strangers_key_is_their_own(lead: Caller, stranger: Caller, group: Group) -> None:
    key = make.key()
    lead.post("projects/", _new(group), key=key)

    answer = stranger.post("projects/", _new(group), key=key)

    assert (answer.status_code, "Idempotency-Replayed" in answer.headers) == (403, False)


def test_a_refusal_is_kept(lead: Caller, group: Group, project: Project) -> None:
    key = make.key()
    refused = lead.post("projects/", _new(group, "ours"), key=key)
    Project.objects.filter(slug="ours").update(slug="renamed")

    again = lead.post("projects/", _new(group, "ours"), key=key)

    assert (again.status_code, again.content) == (409, refused.content)
    assert again.headers["Content-Type"] == "application/problem+json"


def test_a_fault_is_not_kept(lead: Caller, group: Group) -> None:
    key = make.key()
    with connection.cursor() as cursor:
        cursor.execute(FAILING)
        assert lead.post("projects/", _new(group), key=key).status_code == 500
        cursor.execute("DROP TRIGGER fail ON projects_project")

    assert lead.post("projects/", _new(group), key=key).status_code == 201


def test_a_call_that_was_cut_off_leaves_its_key_to_the_whole_one(
    lead: Caller, group: Group
) -> None:
    text, key = json.dumps(_new(group)), make.key()
    headers = {"Authorization": f"Bearer {lead.token}", "Idempotency-Key": key}

    def send(body: str) -> Any:
        sent = RequestFactory().post("/api/v1/projects/", headers=headers)
        sent.META |= {"CONTENT_LENGTH": str(len(text)), "CONTENT_TYPE": "application/json"}
        sent._body = body.encode()
        return get_wsgi_application().get_response(sent)

    assert send(text[:-9]).status_code == 400
    assert not StoredAnswer.objects.exists()
    assert lead.post("projects/", _new(group), key=key).status_code == 201


def test_an_answer_is_forgotten_after_a_day(lead: Caller, group: Group, project: Project) -> None:
    key = make.key()
    lead.post("projects/", _new(group, "ours"), key=key)
    Project.objects.filter(slug="ours").update(slug="renamed")
    StoredAnswer.objects.update(created_at=make.now() - timedelta(hours=24, seconds=1))

    assert lead.post("projects/", _new(group, "ours"), key=key).status_code == 201


def test_housekeeping_deletes_what_is_older_than_a_day(lead: Caller, group: Group) -> None:
    for slug in ("old", "new"):
        lead.post("projects/", _new(group, slug))
    oldest = StoredAnswer.objects.order_by("pk")[:1]
    StoredAnswer.objects.filter(pk__in=oldest).update(created_at=make.now() - timedelta(hours=25))

    assert forget_old_answers() == 1
    assert StoredAnswer.objects.count() == 1


def test_a_call_without_a_key_is_done_each_time(lead: Caller, group: Group) -> None:
    statuses = [lead.post("projects/", _new(group), key="").status_code for _ in range(2)]

    assert statuses == [201, 409]


@pytest.mark.parametrize("path", ["requests/", "jobs/", "requests/x/award/"])
def test_where_twice_would_cost_a_key_is_required(lead: Caller, path: str) -> None:
    refused = lead.post(path, {}, key="")

    assert (refused.status_code, refused.json()["type"]) == (400, "/problems/key-missing")


@pytest.mark.parametrize("key", ["x" * 201, "ä", "a\x07b"])
def test_a_key_that_cannot_be_kept_is_refused(lead: Caller, group: Group, key: str) -> None:
    assert lead.post("projects/", _new(group), key=key).status_code == 400
    assert not Project.objects.exists()


def test_without_a_valid_token_nothing_is_stored(lead: Caller, group: Group) -> None:
    nobody = Caller(lead.user, "cesai_0123456789abcdef")

    assert nobody.post("projects/", _new(group)).status_code == 401
    assert not StoredAnswer.objects.exists()


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_every_changing_method_takes_a_key(lead: Caller, project: Project, method: str) -> None:
    headers, body = {"Idempotency-Key": make.key()}, {"title": "x", "group": make.key()}
    path = f"projects/{project.pk}/" + ("participants/" if method == "delete" else "")

    first, second = (lead._call(method, path, body, headers) for _ in range(2))

    assert second.content == first.content
    assert "Idempotency-Replayed" in second.headers


@pytest.mark.django_db(transaction=True)
def test_twenty_identical_calls_at_once_have_one_effect_and_one_answer(
    lead: Caller, group: Group
) -> None:
    key = make.key()

    answers = at_once(*[lambda: lead.post("projects/", _new(group), key=key)] * 20)

    assert {(answer.status_code, answer.content) for answer in answers} == {
        (201, answers[0].content)
    }
    assert Event.objects.filter(kind="create_project").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_with_one_key_do_not_wait_for_each_other(group: Group) -> None:
    key = make.key()
    callers = [calls_as(make.make_user()) for _ in range(2)]

    answers = at_once(*(_asks(one, group, key) for one in callers))

    assert [answer.status_code for answer in answers] == [404, 404]


@pytest.mark.django_db(transaction=True)
def test_a_second_caller_waits_for_the_first_ones_answer(lead: Caller, group: Group) -> None:
    key = make.key()
    with _first_caller(lead, group, key) as finish:
        started = time.monotonic()
        threading.Timer(0.4, finish.set).start()
        answer = lead.post("projects/", _new(group), key=key)

    assert time.monotonic() - started >= 0.4
    assert (answer.status_code, answer.content) == (201, b"first")


@pytest.mark.django_db(transaction=True)
def test_a_second_caller_is_sent_away_when_the_first_takes_too_long(
    lead: Caller, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "WAIT_SECONDS", 0.2)
    key = make.key()
    with _first_caller(lead, group, key):
        answer = lead.post("projects/", _new(group), key=key)

    assert (answer.status_code, answer.headers["Retry-After"]) == (409, "2")


@pytest.mark.django_db(transaction=True)
def test_a_first_caller_that_fails_leaves_the_work_to_the_second(
    lead: Caller, group: Group
) -> None:
    key = make.key()
    with _first_caller(lead, group, key, fails=True) as finish:
        threading.Timer(0.2, finish.set).start()
        answer = lead.post("projects/", _new(group), key=key)

    assert answer.status_code == 201
    assert Project.objects.get().slug == "new"


def _asks(caller: Caller, group: Group, key: str) -> Any:
    return lambda: caller.post("projects/", _new(group), key=key)


@contextmanager
def _first_caller(
    lead: Caller, group: Group, key: str, *, fails: bool = False
) -> Iterator[threading.Event]:
    """Somebody whose call with the key is under way until the event is set."""
    has_begun, finish = threading.Event(), threading.Event()

    def work() -> None:
        with transaction.atomic():
            StoredAnswer.objects.create(
                user=lead.user, key=key, fingerprint=_fingerprint(group), status=201,
                content_type="text/plain", body=b"first", created_at=make.now(),
            )  # fmt: skip
            has_begun.set()
            finish.wait(10)
            transaction.set_rollback(fails)
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    assert has_begun.wait(10)
    yield finish
    finish.set()
    thread.join()


def _fingerprint(group: Group) -> str:
    request = RequestFactory().post(
        "/api/v1/projects/", _new(group), content_type="application/json"
    )
    return idempotency._fingerprint(request)

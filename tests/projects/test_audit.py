"""The audit log as a chain: sealed in order, told outside, and whatever was changed is found."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import InternalError, ProgrammingError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from projects.actions import sealing
from projects.actions.sealing import known_heads, publish_head, seal_events
from projects.actions.verifying import verify
from projects.audit import START, Head, Link
from projects.models import AuditCheck, Event, Project, Seal
from projects.models.events import record_event
from tests import make
from tests.conftest import Caller

KEY = UUID("6f1c1ed2-7d05-4f0e-9a63-0d2f3a0b8c11")
ATTRIBUTES = {"actor": "actor_id", "project": "project_id"}
AT = datetime(2026, 3, 1, 12, 30, 15, 123456, UTC)
LINK = Link(
    KEY, AT, KEY, "award_request", "request", KEY, None, "Größer, „ja“", {"b": 1, "a": None}
)


def _event(project: Project, kind: str = "update_project", **more: Any) -> None:
    record_event(by=project.created_by, kind=kind, about=project, now=make.now(),
                 project=project, **more)  # fmt: skip


@pytest.fixture
def sealed(project: Project) -> Project:
    """Five events besides those of making the project, all sealed."""
    for number in range(5):
        _event(project, reason=f"reason {number}", changes={"title": ["a", "b"], "n": [1, 2.5]})
    seal_events(now=make.now())
    return project


@contextmanager
def _unguarded(*tables: str) -> Iterator[Any]:
    """As somebody who may switch the triggers off, and switches them on again."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
        yield cursor
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER append_only")


# The spelling


def test_the_spelling_of_an_event_stays_what_it_is() -> None:
    assert LINK.canonical().decode() == (
        f'["{KEY}","2026-03-01T12:30:15.123456Z","{KEY}","award_request","request","{KEY}",null,'
        '"Größer, „ja“",{"a":null,"b":1}]'
    )
    assert LINK.after(START).hex() == (
        "a366052ea2580a705f07fbd7d3c16d6f06c5c56097ef1ddc53e490c22a55b3c5"
    )


@given(st.sampled_from([n for n in Link._fields if n != "at"]), st.text(min_size=1, max_size=20))
def test_whatever_is_changed_about_an_event_changes_its_hash(field: str, text: str) -> None:
    value: Any = {"x": text} if field == "changes" else text
    other = LINK._replace(**{field: value})
    assert (other.after(START) == LINK.after(START)) == (other == LINK)


@given(st.binary(min_size=32, max_size=32))
def test_the_hash_before_it_counts(previous: bytes) -> None:
    assert (LINK.after(previous) == LINK.after(START)) == (previous == START)


@given(st.integers(1, 10**12), st.binary(min_size=32, max_size=32))
def test_a_head_reads_back(number: int, digest: bytes) -> None:
    assert Head.of_text(str(Head(number, digest))) == Head(number, digest)


@pytest.mark.parametrize("text", ["", "1", "0:" + "00" * 32, "1:00", "x:" + "00" * 32, "1:zz"])
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Head.of_text(text)


# Sealing


def test_every_event_is_sealed_once_without_a_gap(sealed: Project) -> None:
    numbers = list(Seal.objects.values_list("number", flat=True))
    assert numbers == list(range(1, Event.objects.count() + 1))
    assert seal_events(now=make.now()) == 0


def test_what_comes_later_stands_behind(sealed: Project) -> None:
    last = Seal.head()
    assert last
    _event(sealed, "archive_project")
    assert seal_events(now=make.now()) == 1
    assert Seal.objects.get(number=last.number + 1).event.kind == "archive_project"


def test_more_than_a_batch_is_sealed_in_one_go(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "BATCH", 3)
    for _each in range(10):
        _event(project)
    assert seal_events(now=make.now()) == Event.objects.count()
    assert verify().fault == ""


def test_an_event_far_behind_is_sealed_by_the_pass_that_looks_at_all(
    sealed: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "LOOKS_BACK", 0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('projects_event', 'sequence'))")
        [gap] = cursor.fetchone() or [0]
    _event(sealed)
    seal_events(now=make.now())
    Event.objects.create(
        sequence=gap, at=make.now(), kind="late", object_type="project", object_id=sealed.pk
    )
    assert seal_events(now=make.now()) == 0
    assert seal_events(now=make.now(), whole=True) == 1
    assert verify().fault == ""


@pytest.mark.django_db(transaction=True)
def test_an_event_that_is_committed_late_is_sealed_behind_the_others(
    project: Project, lead: Caller
) -> None:
    began, go_on = threading.Event(), threading.Event()

    def slowly() -> None:
        with transaction.atomic():
            _event(project, "slow")
            began.set()
            go_on.wait(20)
        connection.close()

    thread = threading.Thread(target=slowly)
    thread.start()
    began.wait(20)
    _event(project, "quick")
    seal_events(now=make.now())
    go_on.set()
    thread.join()
    seal_events(now=make.now())
    rows = Seal.objects.filter(event__kind__in=("slow", "quick")).select_related("event")
    assert [row.event.kind for row in rows.order_by("number")] == ["quick", "slow"]
    assert verify().fault == ""


@pytest.mark.django_db(transaction=True)
def test_two_sealers_at_once_seal_everything_once(project: Project) -> None:
    for _each in range(200):
        _event(project)

    def seal() -> None:
        for _each in range(20):
            seal_events(now=make.now())
        connection.close()

    threads = [threading.Thread(target=seal) for _each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Seal.objects.count() == Event.objects.count()
    assert verify().fault == ""


@pytest.mark.parametrize(
    "statement", ["UPDATE projects_seal SET number = 9", "DELETE FROM projects_seal"]
)
def test_not_even_the_owner_changes_a_seal(sealed: Project, statement: str) -> None:
    refused = pytest.raises((InternalError, ProgrammingError), match="append-only")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


# Finding what was changed


def test_a_log_that_nobody_touched_holds(sealed: Project) -> None:
    head = Seal.head()
    assert verify() == (Event.objects.count(), head, "")


def test_an_empty_log_holds(db: None) -> None:
    assert verify() == (0, None, "")


@pytest.mark.parametrize(
    "change",
    ["reason = 'other'", "actor_id = NULL", "at = at + interval '1 microsecond'",
     "kind = 'deny_request'", "changes = '{}'", "object_id = gen_random_uuid()"],
)  # fmt: skip
def test_a_changed_event_is_named(sealed: Project, change: str) -> None:
    event = Event.objects.get(reason="reason 2")
    with _unguarded("projects_event") as cursor:
        cursor.execute(f"UPDATE projects_event SET {change} WHERE sequence = %s", [event.pk])
    verdict = verify()
    assert str(event.id) in verdict.fault
    assert verdict.number == event.seal.number - 1


def test_a_seal_that_is_gone_is_named(sealed: Project) -> None:
    with _unguarded("projects_seal") as cursor:
        cursor.execute("DELETE FROM projects_seal WHERE number = 3")
    assert verify().fault == "Seal 3 is missing; seal 4 follows."


def test_events_that_changed_places_are_found(sealed: Project) -> None:
    with _unguarded("projects_seal") as cursor:
        cursor.execute("UPDATE projects_seal SET number = 1000 WHERE number = 2")
        cursor.execute("UPDATE projects_seal SET number = 2 WHERE number = 3")
        cursor.execute("UPDATE projects_seal SET number = 3 WHERE number = 1000")
    assert "is not what was sealed" in verify().fault


def _reckoned_anew(from_number: int) -> None:
    """What a superuser would do who knows how it works: all later hashes fit the lie."""
    seals = list(Seal.objects.order_by("number").select_related("event"))
    previous = START
    with _unguarded("projects_seal") as cursor:
        for seal in seals:
            event = seal.event
            link = Link._make(getattr(event, ATTRIBUTES.get(n, n)) for n in Link._fields)
            previous = link.after(previous)
            if seal.number >= from_number:
                cursor.execute(
                    "UPDATE projects_seal SET hash = %s WHERE number = %s", [previous, seal.number]
                )


def test_a_chain_that_was_reckoned_anew_is_found_by_what_was_published(sealed: Project) -> None:
    head = Seal.head()
    assert head
    with _unguarded("projects_event") as cursor:
        cursor.execute("UPDATE projects_event SET reason = 'other' WHERE reason = 'reason 1'")
    _reckoned_anew(1)
    assert verify().fault == ""  # the database alone cannot tell
    assert verify([head]).fault == f"Seal {head.number} is not the one that was published."


def test_a_log_that_was_cut_off_is_found_by_what_was_published(sealed: Project) -> None:
    head = Seal.head()
    assert head
    with _unguarded("projects_seal") as cursor:
        cursor.execute("DELETE FROM projects_seal WHERE number > 2")
    assert verify().fault == ""
    assert verify([head]).fault == (
        f"The log ends at seal 2, but seal {head.number} was published."
    )


@pytest.mark.parametrize("table", ["projects_event", "projects_seal"])
def test_a_trigger_that_is_off_is_found(sealed: Project, table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
    assert verify().fault == f"The trigger that refuses changes is off or gone: {table}."


def test_a_right_to_change_the_log_is_found(sealed: Project) -> None:
    with connection.cursor() as cursor:
        cursor.execute("GRANT UPDATE ON projects_event TO cesai_app")
    assert verify().fault == "The application's role may change projects_event."


def test_a_person_whose_name_is_gone_breaks_no_link(sealed: Project) -> None:
    person = sealed.created_by
    assert person
    person.username, person.first_name, person.email = "person-1", "", ""
    person.save()
    assert verify().fault == ""


# Telling the head


def test_the_head_is_told_to_log_file_and_mailbox(
    sealed: Project, settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings.AUDIT_HEADS = str(tmp_path / "heads.jsonl")
    settings.AUDIT_MAIL = "security@partner.example"
    caplog.set_level("INFO")
    first = publish_head(now=make.now())
    _event(sealed)
    seal_events(now=make.now())
    second = publish_head(now=make.now())
    assert first
    assert second
    assert first.number + 1 == second.number
    assert known_heads() == [first, second]
    assert [text.to for text in mail.outbox] == [["security@partner.example"]] * 2
    assert str(second) in mail.outbox[1].body
    assert first.hash.hex() in caplog.text


def test_without_a_seal_there_is_nothing_to_tell(db: None) -> None:
    assert publish_head(now=make.now()) is None


# The command


def _run(*args: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("verify_audit", *args, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_command_says_how_far_it_holds(sealed: Project) -> None:
    head = Seal.head()
    out, err = _run()
    assert f"holds up to seal {Event.objects.count()}" in out
    assert str(head) in out
    assert "Without a published head" in err
    out, err = _run("--head", str(head))
    assert "compared with 1 published heads" in out
    assert err == ""


def test_the_command_ends_with_the_first_bad_event(sealed: Project) -> None:
    event = Event.objects.get(reason="reason 2")
    with _unguarded("projects_event") as cursor:
        cursor.execute("UPDATE projects_event SET reason = '' WHERE sequence = %s", [event.pk])
    with pytest.raises(CommandError, match=str(event.id)) as ended:
        _run()
    assert ended.value.returncode == 1


def test_the_command_reads_what_was_published(
    sealed: Project, settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "heads.jsonl"
    settings.AUDIT_HEADS = str(path)
    path.write_text(json.dumps({"head": "1:" + "ab" * 32}) + "\n")
    with pytest.raises(CommandError, match="Seal 1 is not the one that was published"):
        _run()


@pytest.mark.parametrize("head", ["1", "x:y", "1:00"])
def test_the_command_says_what_a_head_looks_like(db: None, head: str) -> None:
    with pytest.raises(CommandError, match="64 hexadecimal digits"):
        _run("--head", head)


def test_a_file_of_heads_that_is_none_is_named(
    sealed: Project, settings: Settings, tmp_path: Path
) -> None:
    settings.AUDIT_HEADS = str(tmp_path / "heads.jsonl")
    Path(settings.AUDIT_HEADS).write_text("nonsense\n")
    with pytest.raises(CommandError, match="has a line that is no published head"):
        _run()


def test_what_a_look_found_is_kept(sealed: Project) -> None:
    _run()
    with _unguarded("projects_event") as cursor:
        cursor.execute("UPDATE projects_event SET reason = '' WHERE reason = 'reason 2'")
    with pytest.raises(CommandError):
        _run()
    assert [bool(row.fault) for row in AuditCheck.objects.order_by("at")] == [False, True]

"""Notices: who is told what, in which words, and that nobody reads another's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils.translation import override
from pytest_django import DjangoAssertNumQueries

from projects.actions import notices
from projects.actions.notices import mark_read, set_preferences, tell
from projects.models import Event, Group, Notice, NoticePreference, Project, User
from projects.models.notices import KIND_LABELS, SENTENCES, leads_of, people_of, staff_with
from projects.notices import DEFAULTS, Delivery, NoticeKind
from projects.roles import Role, Verb
from tests import make
from tests.conftest import Caller
from tests.projects.telling import AT_ONCE, LATER, told


def _tell(*users: User, **values: Any) -> int:
    values = {"kind": AT_ONCE, "path": "/requests/", "params": {}, "now": make.now(), **values}
    return tell(users=users, **values)


def test_each_is_told_once_however_often_they_are_named(lead: Caller, member: Caller) -> None:
    assert _tell(lead.user, member.user, lead.user) == 2
    assert Notice.objects.filter(user=lead.user).count() == 1


def test_who_did_it_is_not_told(lead: Caller, member: Caller) -> None:
    _tell(lead.user, member.user, by=lead.user)

    assert [notice.user for notice in Notice.objects.all()] == [member.user]


def test_who_may_not_log_in_is_not_told(lead: Caller) -> None:
    lead.user.is_active = False

    assert _tell(lead.user) == 0


def test_who_wants_none_of_a_kind_is_told_the_others(lead: Caller) -> None:
    set_preferences(user=lead.user, choices={AT_ONCE: Delivery.OFF})

    assert (_tell(lead.user), _tell(lead.user, kind=LATER)) == (0, 1)


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_without_a_choice_the_default_of_the_kind_holds(lead: Caller, kind: NoticeKind) -> None:
    assert told(lead.user, kind).delivery == DEFAULTS[kind]


def test_a_choice_goes_before_the_default(lead: Caller) -> None:
    set_preferences(user=lead.user, choices={AT_ONCE: Delivery.DIGEST})

    assert told(lead.user).delivery == "digest"


def test_a_later_choice_leaves_what_was_told_as_it_was(lead: Caller) -> None:
    notice = told(lead.user)
    set_preferences(user=lead.user, choices={AT_ONCE: Delivery.OFF})

    notice.refresh_from_db()
    assert notice.delivery == "at_once"


def test_a_choice_can_be_changed(lead: Caller) -> None:
    set_preferences(user=lead.user, choices={AT_ONCE: Delivery.OFF, LATER: Delivery.OFF})
    set_preferences(user=lead.user, choices={AT_ONCE: Delivery.DIGEST})

    chosen = NoticePreference.objects.of(lead.user)
    assert (chosen[AT_ONCE], chosen[LATER]) == ("digest", "off")


def test_one_persons_choice_is_nobody_elses(lead: Caller, member: Caller) -> None:
    set_preferences(user=lead.user, choices={AT_ONCE: Delivery.OFF})

    assert _tell(lead.user, member.user) == 1


@pytest.mark.parametrize("count", [1, 50])
def test_telling_costs_the_same_however_many_are_told(
    db: None, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    users = [make.make_user() for _each in range(count)]
    with transaction.atomic(), django_assert_num_queries(4):  # two are the savepoint's
        _tell(*users)


def test_telling_nobody_costs_nothing(
    lead: Caller, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with transaction.atomic(), django_assert_num_queries(2):
        assert _tell(lead.user, by=lead.user) == 0


def test_a_notice_remembers_its_event(lead: Caller, project: Project) -> None:
    event = Event.objects.get(kind="create_project")

    assert told(lead.user, event=event).event == event


@pytest.mark.parametrize(("kind", "rings"), [(AT_ONCE, 1), (LATER, 0)])
def test_the_bell_rings_for_what_is_mailed_at_once(
    lead: Caller, member: Caller, kind: NoticeKind, rings: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[str] = []
    monkeypatch.setattr(notices, "ring", rung.append)

    _tell(lead.user, member.user, kind=kind)

    assert rung == ["projects.mail_notices"] * rings


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_a_notice_leads_to_no_other_site(lead: Caller, path: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        told(lead.user, path=path)


# The words.


def test_each_kind_has_a_default_a_label_and_a_sentence() -> None:
    assert set(DEFAULTS) == set(SENTENCES) == {kind for kind, _label in KIND_LABELS}
    assert set(DEFAULTS) == set(NoticeKind)


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_a_sentence_without_its_params_is_still_one(kind: NoticeKind) -> None:
    assert "–" in Notice(kind=kind, params={}).sentence


def test_a_kind_that_is_not_known_any_more_says_nothing() -> None:
    assert Notice(kind="gone", params={"project": "Ours"}).sentence == ""


def test_a_param_is_told_as_it_is() -> None:
    notice = Notice(kind=AT_ONCE, params={"project": "100 %(x)s"})

    assert notice.sentence == "The request of 100 %(x)s was awarded."


def test_a_sentence_is_one_line_whatever_its_params() -> None:
    notice = Notice(kind=AT_ONCE, params={"project": "Ours\n\nhttps://evil.example"})

    assert "\n" not in notice.sentence


def test_the_hours_of_an_award_are_told_if_known() -> None:
    notice = Notice(kind=AT_ONCE, params={"project": "Ours", "hours": 12000})

    assert notice.sentence == "12,000 GPU-hours were awarded to Ours."


def test_numbers_are_spelt_as_their_reader_does() -> None:
    notice = Notice(kind=AT_ONCE, params={"project": "Ours", "hours": 12000})

    with override("de"):
        assert "12.000" in notice.sentence


@pytest.mark.parametrize("answer", ["accepted", "declined"])
def test_an_answer_to_a_wish_to_take_part_is_told(answer: str) -> None:
    notice = Notice(kind=NoticeKind.JOIN_ANSWERED, params={"project": "P", "answer": answer})

    assert notice.sentence == f"Your group's wish to take part in P was {answer}."


# Reading.


def test_a_person_lists_their_own_notices_newest_first(lead: Caller, member: Caller) -> None:
    old = told(lead.user, now=make.now() - timedelta(1))
    new = told(lead.user)
    told(member.user)

    rows = lead.get("notices/").json()["results"]

    assert [row["id"] for row in rows] == [str(new.pk), str(old.pk)]


def test_a_notice_in_the_api_has_its_sentence_and_what_it_is_made_of(lead: Caller) -> None:
    notice = told(lead.user, params={"project": "Ours", "hours": 60})

    row = lead.get(f"notices/{notice.pk}/").json()

    assert (row["kind"], row["path"], row["read_at"]) == ("request_awarded", "/requests/", None)
    assert row["params"] == {"project": "Ours", "hours": 60}
    assert row["sentence"] == "60 GPU-hours were awarded to Ours."


@pytest.mark.parametrize(("unread", "place"), [("true", 1), ("false", 0)])
def test_the_list_can_be_of_what_is_unread_or_read(lead: Caller, unread: str, place: int) -> None:
    read, new = told(lead.user), told(lead.user)
    lead.post(f"notices/{read.pk}/read/")

    rows = lead.get(f"notices/?unread={unread}").json()["results"]

    assert [row["id"] for row in rows] == [str([read, new][place].pk)]


def test_reading_one_leaves_the_others_unread(lead: Caller) -> None:
    read, new = told(lead.user), told(lead.user)

    answer = lead.post(f"notices/{read.pk}/read/")

    assert (answer.status_code, bool(answer.json()["read_at"])) == (200, True)
    assert list(Notice.objects.unread()) == [new]


def test_what_was_read_keeps_its_time(lead: Caller) -> None:
    notice = told(lead.user)
    first = lead.post(f"notices/{notice.pk}/read/").json()["read_at"]

    assert lead.post(f"notices/{notice.pk}/read/").json()["read_at"] == first


def test_reading_all_says_how_many_were_unread(lead: Caller) -> None:
    for _each in range(3):
        told(lead.user)
    lead.post(f"notices/{told(lead.user).pk}/read/")

    assert lead.post("notices/read-all/").json() == {"marked": 3}
    assert not Notice.objects.unread().exists()


def test_reading_all_reads_nobody_elses(lead: Caller, member: Caller) -> None:
    theirs = told(member.user)

    lead.post("notices/read-all/")

    assert list(Notice.objects.unread()) == [theirs]


def test_nobody_reads_for_another_by_naming_the_notice(lead: Caller, member: Caller) -> None:
    theirs = told(member.user)

    assert mark_read(user=lead.user, notices=[theirs.pk], now=make.now()) == 0


@pytest.mark.parametrize("field", ["read_at", "user"])
def test_nothing_can_be_set_by_naming_it(lead: Caller, field: str) -> None:
    for path in (f"notices/{told(lead.user).pk}/read/", "notices/read-all/"):
        assert list(lead.post(path, {field: "x"}).json()["errors"]) == [field]


@pytest.mark.parametrize("who", ["stranger", "member", "coordinator", "auditor", "portal_admin"])
def test_nobody_else_sees_a_notice_whatever_their_role(
    lead: Caller, who: str, request: pytest.FixtureRequest
) -> None:
    notice = told(lead.user)
    other: Caller = request.getfixturevalue(who)

    hidden = other.get(f"notices/{notice.pk}/")

    assert hidden.status_code == 404
    assert hidden.content == other.get(f"notices/{make.key()}/").content
    assert other.get("notices/").json()["results"] == []
    assert other.post(f"notices/{notice.pk}/read/").status_code == 404


# Who is to be told.


def test_people_of_a_group_are_all_who_are_in_it_and_may_log_in(
    group: Group, lead: Caller, member: Caller, guest: Caller, stranger: Caller
) -> None:
    User.objects.filter(pk=guest.user.pk).update(is_active=False)

    assert set(people_of(group)) == {lead.user, member.user}


def test_leads_of_a_group_are_no_leads_of_others(
    group: Group, lead: Caller, member: Caller, stranger: Caller
) -> None:
    stranger.user.memberships.create(group=group, role=Role.MEMBER)

    assert list(leads_of(group)) == [lead.user]


def test_staff_with_a_verb_are_those_whose_role_includes_it(
    lead: Caller, quota_admin: Caller, coordinator: Caller, auditor: Caller
) -> None:
    assert set(staff_with(Verb.REVIEW_REQUEST)) == {quota_admin.user, coordinator.user}
    assert list(staff_with(Verb.AWARD)) == [quota_admin.user]


def test_staff_that_may_not_log_in_is_none(coordinator: Caller) -> None:
    User.objects.filter(pk=coordinator.user.pk).update(is_active=False)
    assert not staff_with(Verb.HANDLE_CASE).exists()


def test_who_has_two_roles_is_of_the_staff_once(coordinator: Caller) -> None:
    coordinator.user.portal_roles.create(role=Role.QUOTA_ADMIN)

    assert list(staff_with(Verb.REVIEW_REQUEST)) == [coordinator.user]

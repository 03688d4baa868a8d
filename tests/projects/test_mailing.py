"""Notices by e-mail: at once or as a digest, one mail each, never twice and never one read."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.core import mail
from pytest_django import DjangoAssertNumQueries

from projects.actions import mailing
from projects.actions.mailing import mail_notices
from projects.actions.notices import mark_read, set_preferences, tell
from projects.models import Notice, User
from projects.notices import Delivery
from projects.tasks import mail_notices as task
from tests import make
from tests.at_once import at_once
from tests.conftest import Caller
from tests.projects.telling import AT_ONCE, LATER, told


def _mail(hours: float = 0) -> int:
    return mail_notices(now=make.now() + timedelta(hours=hours))


def _recipients() -> list[str]:
    return sorted(address for sent in mail.outbox for address in sent.to)


def _speaks(user: User, language: str) -> None:
    User.objects.filter(pk=user.pk).update(language=language)


def test_what_is_told_at_once_is_a_mail_with_its_sentence_and_address(
    lead: Caller, settings: LazySettings
) -> None:
    settings.BASE_URL = "https://portal.example"
    _speaks(lead.user, "en")
    told(lead.user, path="/requests/1/")

    assert _mail() == 1

    [sent] = mail.outbox
    assert sent.to == [lead.user.email]
    line = "The request of Ours was awarded. https://portal.example/requests/1/"
    assert line in sent.body.splitlines()


def test_all_that_waits_for_a_person_is_one_mail_oldest_first(lead: Caller) -> None:
    _speaks(lead.user, "en")
    for n in (1, 2, 3):
        told(lead.user, path=f"/requests/{n}/", now=make.now() - timedelta(minutes=9 - n))

    assert _mail() == 1

    [sent] = mail.outbox
    assert sent.subject.endswith("(3)")
    assert [line[-3:] for line in sent.body.splitlines()[:3]] == ["/1/", "/2/", "/3/"]


def test_two_people_get_two_mails(lead: Caller, member: Caller) -> None:
    told(lead.user, params={"project": "Mine"})
    told(member.user, params={"project": "Theirs"})

    assert _mail() == 2

    bodies = {sent.to[0]: sent.body for sent in mail.outbox}
    assert "Theirs" not in bodies[lead.user.email]
    assert "Mine" not in bodies[member.user.email]


def test_what_was_mailed_is_not_mailed_again(lead: Caller) -> None:
    told(lead.user)
    _mail()

    assert _mail(hours=100) == 0


@pytest.mark.parametrize(("hours", "mails"), [(0, 0), (23.9, 0), (24.1, 1)])
def test_a_digest_is_due_a_day_after_its_oldest_notice(
    lead: Caller, hours: float, mails: int
) -> None:
    told(lead.user, LATER)

    assert _mail(hours) == mails


def test_a_digest_gathers_also_what_is_younger(lead: Caller) -> None:
    told(lead.user, LATER, now=make.now() - timedelta(hours=25))
    told(lead.user, LATER)

    assert _mail() == 1
    assert mail.outbox[0].subject.endswith("(2)")


def test_after_a_digest_the_next_one_waits_its_own_day(lead: Caller) -> None:
    told(lead.user, LATER)
    _mail(hours=25)
    told(lead.user, LATER, now=make.now() + timedelta(hours=26))

    assert [_mail(hours=27), _mail(hours=51)] == [0, 1]


def test_how_long_a_digest_gathers_is_a_setting(lead: Caller, settings: LazySettings) -> None:
    settings.DIGEST_HOURS = 2
    told(lead.user, LATER)

    assert [_mail(hours=1), _mail(hours=3)] == [0, 1]


def test_what_is_told_at_once_does_not_take_the_digest_along(lead: Caller) -> None:
    told(lead.user, LATER)
    told(lead.user)

    assert _mail() == 1
    assert Notice.objects.get(mailed_at=None).kind == LATER


def test_what_a_person_wants_none_of_is_not_mailed(lead: Caller) -> None:
    set_preferences(user=lead.user, choices={AT_ONCE: Delivery.OFF})
    tell(users=[lead.user], kind=AT_ONCE, path="/", params={}, now=make.now())

    assert _mail(hours=100) == 0


def test_what_was_read_is_not_mailed(lead: Caller) -> None:
    told(lead.user)
    mark_read(user=lead.user, notices=None, now=make.now())

    assert _mail() == 0


def test_what_was_read_makes_no_digest_due(lead: Caller) -> None:
    old = told(lead.user, LATER, now=make.now() - timedelta(hours=25))
    told(lead.user, LATER)
    mark_read(user=lead.user, notices=[old.pk], now=make.now())

    assert _mail() == 0


def test_without_an_address_nothing_is_claimed(lead: Caller) -> None:
    User.objects.filter(pk=lead.user.pk).update(email="")
    told(lead.user)

    assert _mail() == 0
    assert Notice.objects.filter(mailed_at=None).count() == 1


def test_who_may_not_log_in_any_more_is_not_written_to(lead: Caller) -> None:
    told(lead.user)
    User.objects.filter(pk=lead.user.pk).update(is_active=False)

    assert _mail() == 0


def test_an_address_that_is_none_leaves_the_others_theirs(lead: Caller, member: Caller) -> None:
    User.objects.filter(pk=lead.user.pk).update(email="broken\n@lab.example")
    told(lead.user)
    told(member.user)

    assert _mail() == 1
    assert _recipients() == [member.user.email]


def test_while_no_mail_can_be_sent_the_next_round_tries_again(
    lead: Caller, settings: LazySettings
) -> None:
    told(lead.user)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # nobody listens there
    assert _mail() == 0
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    assert _mail() == 1


def test_more_than_fit_into_one_round_are_mailed_in_the_next(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailing, "MOST", 2)
    for _each in range(3):
        told(make.make_user())

    assert [_mail(), _mail(), _mail()] == [2, 1, 0]


def test_what_is_told_at_once_waits_for_no_digest(
    lead: Caller, member: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailing, "MOST", 1)
    told(lead.user, LATER, now=make.now() - timedelta(hours=25))
    told(member.user)

    _mail()

    assert _recipients() == [member.user.email]


def test_to_find_that_nothing_is_due_is_one_question(
    lead: Caller, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    told(lead.user, LATER)
    with django_assert_num_queries(1):
        _mail()


@pytest.mark.django_db(transaction=True)
def test_of_two_rounds_at_once_one_sends(db: None) -> None:
    for _each in range(5):
        told(make.make_user())

    sent = at_once(*[_mail] * 2)

    assert sum(sent) == len(mail.outbox) == 5
    assert len(set(_recipients())) == 5


# The words.


def test_a_mail_is_in_the_language_of_its_person(lead: Caller) -> None:
    _speaks(lead.user, "de")
    told(lead.user, params={"project": "Ours", "hours": 12000})

    _mail()

    assert "12.000" in mail.outbox[0].body
    assert "12,000" not in mail.outbox[0].body


@pytest.mark.parametrize("language", ["", "xx"])
def test_where_none_is_known_a_mail_speaks_both(lead: Caller, language: str) -> None:
    _speaks(lead.user, language)
    told(lead.user, params={"project": "Ours", "hours": 12000})

    _mail()

    german, _how, english, _how_too = mail.outbox[0].body.split("\n\n")
    assert ("12.000" in german, "12,000" in english) == (True, True)


def test_a_mail_says_last_where_to_choose_what_one_is_told(lead: Caller) -> None:
    _speaks(lead.user, "en")
    told(lead.user)

    _mail()

    last = mail.outbox[0].body.splitlines()[-1]
    assert last.startswith("You choose what you are told of")
    assert last.endswith("/settings/#told")


def test_the_task_mails_what_waits(lead: Caller) -> None:
    told(lead.user)

    assert task() == 1

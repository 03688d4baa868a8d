"""Mails about plans that nobody confirmed for long: to a function mailbox, not too often."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings, settings
from django.core import mail

from projects.models import Group, Project
from registry.actions import reminders
from registry.actions.reminders import remind_of_stale_plans
from registry.models import Model
from registry.tasks import remind
from tests import make
from tests.at_once import at_once
from tests.conftest import Caller


def _stale(project: Project, **facts: Any) -> Model:
    """A plan that waits to be confirmed, with the mailbox of its model."""
    model = make.make_model(project, **{"contact": "model@lab.example", **facts})
    long_ago = make.now() - timedelta(settings.PLAN_STALE_DAYS + 1)
    Model.objects.filter(pk=model.pk).update(confirmed_at=long_ago)
    return model


def _remind(days: int = 0) -> int:
    return remind_of_stale_plans(now=make.now() + timedelta(days))


def _recipients() -> list[str]:
    return sorted(address for sent in mail.outbox for address in sent.to)


def test_a_stale_plan_is_one_mail_to_its_mailbox_with_its_address(project: Project) -> None:
    model = _stale(project)

    assert _remind() == 1

    [sent] = mail.outbox
    assert sent.to == ["model@lab.example"]
    assert f"{model.name}: {settings.BASE_URL}/models/{model.pk}/" in sent.body


def test_a_mail_speaks_both_languages(project: Project) -> None:
    _stale(project)

    _remind()

    [sent] = mail.outbox
    german, english, _links = sent.body.split("\n\n")
    assert english.startswith("Nobody confirmed these plans for a while.")
    assert german != english
    assert sent.subject.endswith("/ Still true? (1)")
    assert not sent.subject.startswith("Still true?")


@pytest.mark.parametrize("state", ["planned", "training"])
def test_both_open_states_are_asked_about(project: Project, state: str) -> None:
    _stale(project)
    Model.objects.update(state=state)

    assert _remind() == 1


@pytest.mark.parametrize("state", ["released", "withdrawn", "abandoned"])
def test_what_is_not_open_is_not_asked_about(project: Project, state: str) -> None:
    _stale(project)
    Model.objects.update(state=state)

    assert _remind() == 0
    assert mail.outbox == []


def test_a_plan_without_a_mailbox_is_asked_about_at_its_groups(
    project: Project, group: Group
) -> None:
    Group.objects.filter(pk=group.pk).update(contact="group@lab.example")
    _stale(project, contact="")

    _remind()

    assert _recipients() == ["group@lab.example"]


def test_the_mailbox_of_the_model_goes_before_its_groups(project: Project, group: Group) -> None:
    Group.objects.filter(pk=group.pk).update(contact="group@lab.example")
    _stale(project)

    _remind()

    assert _recipients() == ["model@lab.example"]


def test_without_any_mailbox_nobody_is_written_to(project: Project) -> None:
    _stale(project, contact="")

    assert _remind() == 0
    assert mail.outbox == []


def test_a_mailbox_that_comes_later_is_written_to_at_once(project: Project, group: Group) -> None:
    _stale(project, contact="")
    _remind()
    Group.objects.filter(pk=group.pk).update(contact="group@lab.example")

    _remind(days=1)

    assert _recipients() == ["group@lab.example"]


def test_several_plans_of_one_mailbox_are_one_mail(project: Project) -> None:
    models = [_stale(project) for _ in range(3)]

    assert _remind() == 1

    [sent] = mail.outbox
    assert all(str(model.pk) in sent.body for model in models)
    assert sent.subject.endswith("(3)")


def test_plans_of_two_mailboxes_are_two_mails_without_each_others_names(project: Project) -> None:
    ours, theirs = _stale(project), _stale(project, contact="other@lab.example")

    assert _remind() == 2

    told = {sent.to[0]: sent.body for sent in mail.outbox}
    assert theirs.name not in told["model@lab.example"]
    assert ours.name not in told["other@lab.example"]


@pytest.mark.parametrize(("days", "mails"), [(1, 1), (29, 1), (31, 2)])
def test_nobody_is_asked_again_within_thirty_days(project: Project, days: int, mails: int) -> None:
    _stale(project)
    _remind()

    _remind(days=days)

    assert len(mail.outbox) == mails


def test_a_confirmed_plan_is_not_asked_about(member: Caller, project: Project) -> None:
    model = _stale(project)
    member.post(f"models/{model.pk}/confirm/")

    assert _remind() == 0


def test_a_plan_that_grows_old_again_is_asked_about_again(
    member: Caller, project: Project
) -> None:
    model = _stale(project)
    _remind()
    member.post(f"models/{model.pk}/confirm/")

    assert _remind(days=settings.PLAN_STALE_DAYS + 1) == 1


def test_a_young_plan_is_not_asked_about(project: Project) -> None:
    make.make_model(project, contact="model@lab.example")

    assert _remind(days=settings.PLAN_STALE_DAYS - 1) == 0


def test_more_than_fit_into_one_round_are_asked_about_in_the_next(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminders, "MOST", 2)
    for n in range(3):
        _stale(project, contact=f"model{n}@lab.example")

    assert [_remind(), _remind(), _remind()] == [2, 1, 0]


def test_plans_without_a_mailbox_do_not_keep_the_others_waiting(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminders, "MOST", 2)
    for _ in range(2):
        _stale(project, contact="")
    _stale(project)
    Model.objects.exclude(contact="").update(confirmed_at=make.now() - timedelta(100))

    assert sum(_remind() for _ in range(2)) == 1


def test_an_address_that_is_none_leaves_the_others_theirs(project: Project) -> None:
    _stale(project, contact="broken\n@lab.example")
    _stale(project)

    assert _remind() == 1
    assert _recipients() == ["model@lab.example"]


def test_while_no_mail_can_be_sent_the_next_round_tries_again(
    project: Project, settings: LazySettings
) -> None:
    _stale(project)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # nobody listens there
    assert _remind() == 0
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    assert _remind() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_rounds_at_once_one_sends(project: Project) -> None:
    for n in range(5):
        _stale(project, contact=f"model{n}@lab.example")

    sent = at_once(*[_remind] * 2)

    assert sum(sent) == len(mail.outbox) == 5
    assert len(set(_recipients())) == 5


def test_the_daily_task_sends_them(project: Project) -> None:
    _stale(project)

    assert remind() == 1

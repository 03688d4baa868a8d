"""The pages of webhooks: made by ticking topics, looked after by the log, ended by one's own."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from projects.event_kinds import Topic, kinds_of
from projects.models import Project, Webhook
from tests import make
from tests.conftest import Caller

URL = "https://hooks.example.org/cesai?key=k"


def _make(caller: Caller, **values: Any) -> Any:
    return caller.as_browser.post(reverse("webhooks"), {"name": "CI", "url": URL, **values})


def _page(caller: Caller, hook: Webhook) -> str:
    text: str = caller.as_browser.get(reverse("webhook", args=[hook.pk])).content.decode()
    return text


def _do(caller: Caller, act: str, hook: Webhook, *more: Any) -> Any:
    return caller.as_browser.post(reverse(f"webhook-{act}", args=[hook.pk, *more]), follow=True)


def test_a_new_one_shows_its_secret_once(lead: Caller) -> None:
    shown = _make(lead).content.decode()
    hook = Webhook.objects.get()

    assert hook.secret() in shown
    assert hook.secret() not in lead.as_browser.get(reverse("webhooks")).content.decode()
    assert hook.secret() not in _page(lead, hook)


def test_topics_become_their_kinds(lead: Caller) -> None:
    _make(lead, topics=["requests", "jobs"])

    hook = Webhook.objects.get()
    assert hook.kinds == sorted(kinds_of(Topic.REQUESTS, Topic.JOBS))
    assert "requests" in _page(lead, hook)


def test_its_page_names_each_kind(lead: Caller) -> None:
    page = _page(lead, make.make_webhook(lead.user, kinds=["award", "deny_request"]))

    assert "award, deny_request" in page


def test_none_ticked_is_everything(lead: Caller) -> None:
    _make(lead)

    hook = Webhook.objects.get()
    assert hook.kinds == []
    assert "everything that you may see" in _page(lead, hook)


def test_only_projects_of_ones_own_can_be_chosen(
    lead: Caller, stranger: Caller, project: Project
) -> None:
    assert project.title in lead.as_browser.get(reverse("webhooks")).content.decode()

    answer = _make(stranger, project=str(project.pk))
    assert answer.status_code == 400
    assert project.title not in answer.content.decode()


def test_a_wrong_address_is_told_at_its_field_and_all_that_was_typed_stays(lead: Caller) -> None:
    answer = _make(lead, url="https://10.0.0.1/", topics=["jobs"])

    page = answer.content.decode()
    assert answer.status_code == 400
    assert "private or special network" in page
    assert 'value="https://10.0.0.1/"' in page
    assert 'value="CI"' in page
    assert 'value="jobs"' in page
    assert page.count("checked") == 1


def test_the_german_page_says_why_in_german(lead: Caller) -> None:
    browser = lead.as_browser
    answer = browser.post(
        reverse("webhooks"), {"name": "CI", "url": "https://10.0.0.1/"},
        headers={"Accept-Language": "de"},
    )  # fmt: skip

    assert "privates oder besonderes Netz" in answer.content.decode()


def test_it_can_be_changed(lead: Caller) -> None:
    hook = make.make_webhook(lead.user)
    address = reverse("webhook-edit", args=[hook.pk])
    assert 'value="CI"' in lead.as_browser.get(address).content.decode()

    lead.as_browser.post(address, {"name": "Ours", "url": URL, "topics": ["models"]})
    hook.refresh_from_db()
    assert (hook.name, hook.url) == ("Ours", URL)
    assert hook.kinds == sorted(kinds_of(Topic.MODELS))


def test_a_change_shows_what_was_ticked(lead: Caller) -> None:
    hook = make.make_webhook(lead.user, kinds=kinds_of(Topic.CASES))

    page = lead.as_browser.get(reverse("webhook-edit", args=[hook.pk])).content.decode()
    assert page.count("checked") == 1


def test_another_name_leaves_kinds_that_were_chosen_one_by_one(lead: Caller) -> None:
    hook = make.make_webhook(lead.user, kinds=["award"])
    address = reverse("webhook-edit", args=[hook.pk])

    lead.as_browser.post(address, {"name": "Ours", "url": URL, "topics": ["requests"]})
    hook.refresh_from_db()
    assert (hook.name, hook.kinds) == ("Ours", ["award"])


def test_the_log_shows_what_came_of_each_try(lead: Caller) -> None:
    hook = make.make_webhook(lead.user)
    one = hook.deliveries.get()
    one.tries.create(at=make.now(), problem="slow", milliseconds=5000)
    one.tries.create(at=make.now(), status=500, milliseconds=8)

    page = _page(lead, hook)
    assert "HTTP 204" in page
    assert "HTTP 500" in page
    assert "no answer within five seconds" in page


def test_one_that_was_stopped_says_why_and_what_to_do(lead: Caller) -> None:
    hook = make.make_webhook(lead.user)
    Webhook.objects.update(stopped_at=make.now(), stopped_because="gone")

    page = _page(lead, hook)
    assert "is gone (410)" in page
    assert "Let it go on" in page
    assert "Send a trial" not in page


def test_it_can_be_paused_and_go_on(lead: Caller) -> None:
    hook = make.make_webhook(lead.user)

    assert "Paused" in _do(lead, "pause", hook).content.decode()
    hook.refresh_from_db()
    assert hook.state == "paused"
    assert "It goes on" in _do(lead, "resume", hook).content.decode()
    hook.refresh_from_db()
    assert hook.state == "active"


def test_a_trial_waits_to_be_sent(lead: Caller) -> None:
    hook = make.make_webhook(lead.user)
    _do(lead, "ping", hook)

    assert hook.deliveries.filter(due_at__isnull=False).count() == 1


def test_a_delivery_can_be_sent_again(lead: Caller) -> None:
    hook = make.make_webhook(lead.user)
    one = hook.deliveries.get()
    _do(lead, "again", hook, one.pk)

    one.refresh_from_db()
    assert one.state == "waiting"


def test_a_new_secret_is_shown_once_and_the_former_one_still_signs(lead: Caller) -> None:
    hook = make.make_webhook(lead.user)
    former = hook.secret()
    shown = _do(lead, "secret", hook).content.decode()

    hook.refresh_from_db()
    assert hook.secret() in shown
    assert hook.secrets(now=make.now()) == [hook.secret(), former]
    assert hook.secret() not in _page(lead, hook)


def test_it_can_be_deleted(lead: Caller) -> None:
    hook = make.make_webhook(lead.user)
    _do(lead, "delete", hook)

    assert not Webhook.objects.exists()


@pytest.mark.parametrize("act", ["secret", "pause", "ping", "delete"])
def test_nobody_elses_can_be_touched(lead: Caller, member: Caller, act: str) -> None:
    hook = make.make_webhook(lead.user)
    before = Webhook.objects.values().get()

    assert _do(member, act, hook).status_code == 404
    assert Webhook.objects.values().get() == before


def test_a_delivery_of_another_webhook_is_not_there(lead: Caller, member: Caller) -> None:
    mine, theirs = make.make_webhook(lead.user), make.make_webhook(member.user)
    one = theirs.deliveries.get()

    assert _do(lead, "again", mine, one.pk).status_code == 404
    one.refresh_from_db()
    assert one.state == "delivered"


def test_the_settings_lead_to_them(lead: Caller) -> None:
    page = lead.as_browser.get(reverse("settings")).content.decode()

    assert f'href="{reverse("webhooks")}"' in page

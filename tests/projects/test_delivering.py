"""Deliveries: signed, in order, tried again until they are taken, and never to a wrong address."""

from __future__ import annotations

import re
import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from projects.actions import webhooks
from projects.actions.delivering import (
    STOPS_AFTER,
    WAITS,
    deliver_webhook,
    forget_deliveries,
    ring_webhooks,
)
from projects.actions.terms import accept_terms
from projects.models import Membership, Notice, Project, Webhook, WebhookAttempt, WebhookDelivery
from projects.models.events import record_event
from projects.outgoing import Problem
from tests import make
from tests.conftest import Caller, Log
from tests.projects.hooks import go, happen, make_hook
from tests.receivers import INSIDE, NAME, OPEN, Receiver, receiver, trap


@pytest.fixture
def hook(there: Receiver, lead: Caller, project: Project) -> Webhook:
    return make_hook(lead.user, there.url)


def _named(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """The name of the receiver has these addresses, one after another; what was asked."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def look_up(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        if host != NAME:
            return real(host, port, *args, **options)
        asked.append(host)
        address = answers[min(len(asked), len(answers)) - 1]
        return real(address, port, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def test_what_happens_is_told_in_its_order(
    hook: Webhook, there: Receiver, project: Project
) -> None:
    happen(project, "create_project", "update_project", "add_participant")

    assert go(hook) == 3
    assert there.kinds == ["create_project", "update_project", "add_participant"]


def test_each_is_signed_with_the_secret(hook: Webhook, there: Receiver, project: Project) -> None:
    happen(project, "award")
    go(hook)

    [call] = there.calls
    assert call.is_signed_with(hook.__dict__["told"])
    assert not call.is_signed_with("whsec_" + "A" * 43 + "=")


def test_it_says_of_the_event_what_the_api_says(
    hook: Webhook, there: Receiver, project: Project, lead: Caller
) -> None:
    [event] = happen(project, "award")
    go(hook)

    [call] = there.calls
    shown = lead.get(f"events/{event.id}/").json()
    assert call.json["type"] == "award"
    assert call.json["timestamp"] == shown["at"]
    same = {name: call.json["data"][name] for name in shown if name != "url"}
    assert same == {name: value for name, value in shown.items() if name != "url"}
    assert call.json["data"]["url"].endswith(f"/api/v1/events/{event.id}/")
    assert call.headers["webhook-id"] == str(event.id)


def test_nothing_is_told_twice_once_it_was_taken(
    hook: Webhook, there: Receiver, project: Project
) -> None:
    happen(project, "award")
    go(hook, passes=3)

    assert there.kinds == ["award"]


def test_what_others_may_not_see_is_not_told(
    there: Receiver, stranger: Caller, project: Project
) -> None:
    hook = make_hook(stranger.user, there.url)
    happen(project, "award")
    go(hook)

    assert there.calls == []


def test_whoever_left_meanwhile_is_told_no_more(
    there: Receiver, member: Caller, project: Project
) -> None:
    hook = make_hook(member.user, there.url)
    there.status = 500
    happen(project, "award")
    go(hook)
    there.calls.clear()
    there.status = 204
    Membership.objects.filter(user=member.user).delete()

    assert go(hook) == 0
    assert there.calls == []
    assert hook.deliveries.get().state == "dropped"


def test_nothing_is_sent_for_a_log_in_that_was_closed(
    hook: Webhook, there: Receiver, project: Project, lead: Caller
) -> None:
    happen(project, "award")
    lead.user.is_active = False
    lead.user.save()
    go(hook)

    assert there.calls == []


def test_nothing_is_sent_until_its_owner_has_accepted_the_terms(
    hook: Webhook, there: Receiver, project: Project, lead: Caller
) -> None:
    terms = make.make_terms(days=-1)
    happen(project, "award")
    go(hook)
    assert there.calls == []

    accept_terms(by=lead.user, terms=terms, now=make.now())
    go(hook)
    assert there.kinds[0] == "award"


def test_only_the_chosen_kinds_are_told(there: Receiver, lead: Caller, project: Project) -> None:
    hook = make_hook(lead.user, there.url, kinds=["award"])
    happen(project, "create_project", "award")
    go(hook)

    assert there.kinds == ["award"]


def test_only_the_chosen_project_is_told(there: Receiver, lead: Caller, project: Project) -> None:
    other = make.make_project(project.lead_group)
    hook = make_hook(lead.user, there.url, project=other)
    happen(project, "award")
    happen(other, "deny_request")
    go(hook)

    assert there.kinds == ["deny_request"]


@pytest.mark.parametrize("status", [500, 503, 404, 429, 400])
def test_an_answer_that_is_no_success_is_tried_again(
    hook: Webhook, there: Receiver, project: Project, status: int
) -> None:
    there.status = status
    happen(project, "award")
    assert go(hook) == 0
    there.status = 200

    assert go(hook) == 1
    assert there.kinds == ["award", "award"]


def test_between_tries_it_waits_longer_and_longer(
    hook: Webhook, there: Receiver, project: Project
) -> None:
    there.status = 500
    happen(project, "award")
    waits = []
    for _ in range(4):
        go(hook)
        due = hook.deliveries.get().due_at
        assert due is not None
        waits.append((due - timezone.now()).total_seconds())

    assert waits == sorted(waits)
    assert waits == pytest.approx([wait.total_seconds() for wait in WAITS[:4]], abs=5)


def test_the_documentation_names_each_wait() -> None:
    text = (Path(settings.BASE_DIR) / "docs" / "webhooks.md").read_text()
    found = re.search(r"is tried again after ([^;]+);", text)
    assert found
    units = {"s": 1, "min": 60, "h": 3600}
    said = [
        int(number) * units[unit]
        for number, unit in re.findall(r"([0-9]+) (s|min|h)\b", found.group(1))
    ]

    assert said == [wait.total_seconds() for wait in WAITS]


def test_before_that_time_nothing_is_sent(
    hook: Webhook, there: Receiver, project: Project
) -> None:
    there.status = 500
    happen(project, "award")
    deliver_webhook(hook.pk)
    deliver_webhook(hook.pk)

    assert len(there.calls) == 1


def test_a_receiver_that_is_down_costs_one_try_a_pass(
    hook: Webhook, there: Receiver, project: Project
) -> None:
    there.status = 500
    happen(project, "award", "deny_request", "appeal")
    go(hook)

    assert len(there.calls) == 1


def test_one_that_is_never_taken_does_not_keep_the_others(
    hook: Webhook, there: Receiver, project: Project
) -> None:
    def refuse_awards() -> None:
        there.status = 500 if there.calls[-1].json["type"] == "award" else 204

    there.on_call = refuse_awards
    happen(project, "award", "deny_request", "appeal")
    deliver_webhook(hook.pk)
    Webhook.objects.update(quiet_until=None)
    deliver_webhook(hook.pk)

    assert there.kinds == ["award", "deny_request", "appeal"]


def test_a_redirect_is_not_followed(hook: Webhook, there: Receiver, project: Project) -> None:
    with receiver() as elsewhere:
        there.status, there.headers = 307, {"Location": elsewhere.url}
        happen(project, "award")
        go(hook)

        assert len(there.calls) == 1
        assert elsewhere.calls == []
    assert hook.deliveries.get().state == "waiting"


def test_a_redirect_into_the_inside_reaches_nobody(
    hook: Webhook, there: Receiver, project: Project
) -> None:
    with trap(INSIDE, 0) as seen:
        there.status, there.headers = 302, {"Location": f"https://{INSIDE}:{there.port}/"}
        happen(project, "award")
        go(hook)

    assert seen == []


def test_a_name_that_leads_inside_by_now_is_not_called(
    monkeypatch: pytest.MonkeyPatch, there: Receiver, lead: Caller, project: Project
) -> None:
    _named(monkeypatch, OPEN, INSIDE)
    hook = make_hook(lead.user, there.url_as(NAME))
    happen(project, "award")
    assert go(hook) == 1
    happen(project, "appeal")
    with trap(INSIDE, there.port) as seen:
        assert go(hook) == 0

    assert seen == []
    assert there.kinds == ["award"]
    assert WebhookAttempt.objects.latest("pk").problem == Problem.FORBIDDEN


def test_a_name_is_looked_up_once_and_the_address_that_was_checked_is_called(
    monkeypatch: pytest.MonkeyPatch, there: Receiver, lead: Caller, project: Project
) -> None:
    asked = _named(monkeypatch, OPEN, INSIDE)
    hook = make_hook(lead.user, there.url_as(NAME))
    happen(project, "award")
    with trap(INSIDE, there.port) as seen:
        go(hook)

    assert asked == [NAME]
    assert seen == []
    assert there.kinds == ["award"]
    assert there.calls[0].headers["Host"] == f"{NAME}:{there.port}"


def test_once_the_name_leads_outside_again_nothing_was_lost(
    monkeypatch: pytest.MonkeyPatch, there: Receiver, lead: Caller, project: Project
) -> None:
    _named(monkeypatch, INSIDE, OPEN)
    hook = make_hook(lead.user, there.url_as(NAME))
    happen(project, "award")

    assert go(hook, passes=2) == 1
    assert there.kinds == ["award"]


def test_a_name_that_is_nowhere_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, there: Receiver, lead: Caller, project: Project
) -> None:
    def nowhere(*args: Any, **options: Any) -> Any:
        raise socket.gaierror("no such name")

    hook = make_hook(lead.user, there.url_as(NAME))
    happen(project, "award")
    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", nowhere)
        deliver_webhook(hook.pk)

    assert hook.deliveries.get().state == "waiting"
    assert WebhookAttempt.objects.get().problem == Problem.UNKNOWN


def test_a_certificate_that_nobody_knows_is_not_trusted(
    way_out: None, lead: Caller, project: Project
) -> None:
    with receiver(trusted=False) as foreign:
        hook = make_hook(lead.user, foreign.url)
        happen(project, "award")
        go(hook)

        assert foreign.calls == []
    assert WebhookAttempt.objects.get().problem == Problem.UNTRUSTED


def test_a_receiver_that_is_down_is_tried_again(
    way_out: None, lead: Caller, project: Project
) -> None:
    with receiver() as before:
        hook = make_hook(lead.user, before.url)
    happen(project, "award")
    go(hook)
    assert WebhookAttempt.objects.get().problem == Problem.UNREACHABLE

    with receiver(port=before.port) as after:
        go(hook)
        assert after.kinds == ["award"]


def test_a_slow_receiver_is_left_after_five_seconds(
    hook: Webhook, there: Receiver, project: Project
) -> None:
    there.wait = 7
    happen(project, "award")
    begun = timezone.now()
    go(hook)

    assert (timezone.now() - begun).total_seconds() < 6.5
    assert WebhookAttempt.objects.get().problem == Problem.SLOW
    assert hook.deliveries.get().state == "waiting"


def test_one_that_answers_letter_by_letter_is_left_as_well(
    hook: Webhook, there: Receiver, project: Project
) -> None:
    there.status, there.body, there.drip = 200, b"x" * 100, 0.2
    happen(project, "award")
    begun = timezone.now()
    go(hook)

    assert (timezone.now() - begun).total_seconds() < 6.5
    assert WebhookAttempt.objects.get().problem == Problem.SLOW


def test_of_a_huge_answer_only_the_beginning_is_read(
    hook: Webhook, there: Receiver, project: Project
) -> None:
    there.status, there.body = 200, b"x" * (8 << 20)
    happen(project, "award")

    assert go(hook) == 1


def test_one_that_is_gone_is_stopped_and_its_owner_told(
    hook: Webhook, there: Receiver, project: Project, lead: Caller
) -> None:
    there.status = 410
    happen(project, "award")
    go(hook)

    assert hook.state == "stopped"
    assert hook.stopped_because == Webhook.Stopped.GONE
    [notice] = Notice.objects.filter(user=lead.user, kind="webhook_stopped")
    assert "CI" in notice.sentence
    assert notice.path == f"/settings/webhooks/{hook.pk}/"


def test_one_that_fails_for_three_days_is_stopped(
    hook: Webhook, there: Receiver, project: Project
) -> None:
    there.status = 500
    happen(project, "award")
    go(hook)
    assert hook.state == "failing"

    Webhook.objects.update(failing_since=timezone.now() - STOPS_AFTER)
    go(hook)
    assert hook.state == "stopped"
    assert hook.stopped_because == Webhook.Stopped.SILENT


def test_while_it_is_stopped_nothing_is_sent_and_nothing_is_lost(
    hook: Webhook, there: Receiver, project: Project, lead: Caller
) -> None:
    there.status = 410
    happen(project, "award")
    go(hook)
    there.calls.clear()
    there.status = 204
    happen(project, "deny_request", "appeal")
    go(hook, passes=2)
    assert there.calls == []

    webhooks.resume_webhook(by=lead.user, hook=hook, now=make.now())
    go(hook)
    assert sorted(there.kinds) == ["appeal", "award", "deny_request"]


def test_after_the_last_try_a_delivery_is_given_up_and_kept(
    hook: Webhook, there: Receiver, project: Project, lead: Caller
) -> None:
    there.status = 500
    happen(project, "award")
    go(hook)
    WebhookDelivery.objects.update(attempts=len(WAITS))
    go(hook)
    assert hook.deliveries.get().state == "given_up"

    there.status = 204
    webhooks.pause_webhook(by=lead.user, hook=hook, now=make.now())
    webhooks.resume_webhook(by=lead.user, hook=hook, now=make.now())
    go(hook)
    assert hook.deliveries.get().state == "delivered"


def test_a_success_makes_it_forget_its_failures(
    hook: Webhook, there: Receiver, project: Project
) -> None:
    there.status = 500
    happen(project, "award")
    go(hook, passes=3)
    there.status = 204
    go(hook)

    assert (hook.failures, hook.failing_since, hook.quiet_until) == (0, None, None)


def test_a_second_pass_at_the_same_time_does_nothing(
    hook: Webhook, there: Receiver, project: Project
) -> None:
    happen(project, "award")
    inner: list[int] = []
    there.on_call = lambda: inner.append(Webhook.objects.filter(leased_until=None).count())
    Webhook.objects.update(leased_until=timezone.now() + timedelta(seconds=60))

    assert deliver_webhook(hook.pk) == 0
    assert there.calls == []


def test_after_a_pass_that_died_another_begins_a_minute_later(
    hook: Webhook, there: Receiver, project: Project
) -> None:
    happen(project, "award")
    Webhook.objects.update(leased_until=timezone.now() - timedelta(seconds=1))

    assert deliver_webhook(hook.pk) == 1


def test_an_event_that_was_committed_late_is_told_nevertheless(
    hook: Webhook, there: Receiver, project: Project, lead: Caller
) -> None:
    happen(project, "award")
    go(hook)
    # Sealed behind what was told already, whatever its own number.
    record_event(by=lead.user, kind="appeal", about=project, now=make.now() - timedelta(hours=1),
                 project=project)  # fmt: skip
    happen(project, "deny_request")
    go(hook)

    assert there.kinds == ["award", "appeal", "deny_request"]


def test_only_those_with_something_to_do_are_rung(
    hook: Webhook, there: Receiver, project: Project, stranger: Caller
) -> None:
    go(hook)
    assert ring_webhooks() == 0

    happen(project, "award")
    assert ring_webhooks() == 1


def test_a_paused_one_is_not_rung(hook: Webhook, project: Project, lead: Caller) -> None:
    webhooks.pause_webhook(by=lead.user, hook=hook, now=make.now())
    happen(project, "award")

    assert ring_webhooks() == 0


def test_the_log_of_the_portal_names_the_host_and_no_secret(
    hook: Webhook, there: Receiver, project: Project, log: Log
) -> None:
    happen(project, "award")
    go(hook)

    [line] = [one for one in log.lines("projects.actions.delivering") if "host" in one]
    assert line["host"] == OPEN
    assert "key=k" not in log.text
    assert hook.__dict__["told"] not in log.text


def test_what_was_taken_is_forgotten_after_a_month(
    hook: Webhook, there: Receiver, project: Project
) -> None:
    happen(project, "award")
    go(hook)

    assert forget_deliveries(now=make.now() + timedelta(days=29)) == 0
    assert forget_deliveries(now=make.now() + timedelta(days=31)) > 0
    assert not WebhookDelivery.objects.exists()


def test_what_waits_is_not_forgotten(hook: Webhook, there: Receiver, project: Project) -> None:
    there.status = 500
    happen(project, "award")
    go(hook)

    assert forget_deliveries(now=make.now() + timedelta(days=99)) == 0

"""A person's webhooks by the API: made, changed, paused, tried, given another secret, ended."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command

from projects.actions.webhooks import MOST
from projects.models import Event, Project, StoredAnswer, Webhook, WebhookDelivery
from projects.models.sealed import _ciphers, key_of
from tests import make
from tests.conftest import Caller
from tests.projects.hooks import go, happen, make_hook
from tests.receivers import Receiver
from tests.stored import stored

URL = "https://hooks.example.org/cesai?key=k"


def _new(caller: Caller, **values: Any) -> Any:
    return caller.post("webhooks/", {"name": "CI", "url": URL, **values})


def test_a_new_one_shows_its_secret_once(lead: Caller) -> None:
    made = _new(lead)

    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    assert "secret" not in lead.get(f"webhooks/{made.json()['id']}/").json()
    assert made.json()["secret"] not in lead.get("webhooks/").content.decode()


def test_its_secret_stands_nowhere_in_clear(lead: Caller) -> None:
    secret = _new(lead).json()["secret"]

    assert secret not in stored()
    assert not StoredAnswer.objects.exists()


def test_it_is_sent_a_trial_at_once(lead: Caller, there: Receiver) -> None:
    made = _new(lead, url=there.url).json()
    hook = Webhook.objects.get(pk=made["id"])
    go(hook)

    [call] = there.calls
    assert call.json["type"] == "ping"
    assert call.json["data"] == {"webhook": made["id"]}
    assert call.is_signed_with(made["secret"])


def test_it_is_told_of_nothing_that_was_before(
    lead: Caller, there: Receiver, project: Project
) -> None:
    happen(project, "award")
    made = _new(lead, url=there.url, kinds=["award", "appeal"]).json()
    hook = Webhook.objects.get(pk=made["id"])
    happen(project, "appeal")
    go(hook)

    assert there.kinds == ["appeal"]


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://hooks.example.org/", "https://"),
        ("https://127.0.0.1/", "private"),
        ("https://[::1]/", "private"),
        ("https://[::ffff:10.0.0.1]/", "private"),
        ("https://169.254.169.254/latest/", "private"),
        ("https://2130706433/", "spelling"),
        ("https://a:b@hooks.example.org/", "user name"),
        ("https://localhost/", "full name"),
        ("https://hooks.example.org:22/", "port"),
        ("ftp://hooks.example.org/", "https://"),
        ("hooks.example.org", "no URL"),
        ("https://hooks.example.org/#x", "#"),
    ],
)
def test_an_address_that_may_not_be_called_is_refused_saying_why(
    lead: Caller, url: str, why: str
) -> None:
    answer = _new(lead, url=url)

    assert answer.status_code == 400
    assert why in answer.json()["errors"]["url"][0]
    assert not Webhook.objects.exists()


def test_a_kind_that_never_happens_is_refused(lead: Caller) -> None:
    answer = _new(lead, kinds=["award", "awarded"])

    assert answer.status_code == 400
    assert "“awarded”" in answer.json()["errors"]["kinds"][0]


def test_a_project_that_one_may_not_see_is_not_there(stranger: Caller, project: Project) -> None:
    hidden = _new(stranger, project=str(project.pk))
    absent = _new(stranger, project="00000000-0000-4000-8000-000000000000")

    assert hidden.status_code == absent.status_code == 404
    assert hidden.content == absent.content


def test_one_has_twenty_at_the_most(lead: Caller) -> None:
    for number in range(MOST):
        make.make_webhook(lead.user, name=str(number))

    answer = _new(lead)
    assert answer.status_code == 409
    assert "Delete one" in answer.json()["detail"]


def test_others_do_not_find_it(lead: Caller, member: Caller, coordinator: Caller) -> None:
    key = _new(lead).json()["id"]

    for other in (member, coordinator):
        assert other.get(f"webhooks/{key}/").status_code == 404
        assert other.get("webhooks/").json()["results"] == []


def test_what_it_was_sent_is_its_owners_to_read(
    lead: Caller, member: Caller, portal_admin: Caller
) -> None:
    hook = make.make_webhook(lead.user)

    reading = {
        one.user.username: list(WebhookDelivery.objects.visible_to(one.user))
        for one in (lead, member, portal_admin)
    }

    assert reading == {"lead": [hook.deliveries.get()], "member": [], "portal_admin": []}


def test_it_can_be_changed(lead: Caller, project: Project) -> None:
    key = _new(lead).json()["id"]

    answer = lead.patch(
        f"webhooks/{key}/",
        {"name": "Ours", "kinds": ["award"], "project": str(project.pk)},
    )
    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["name"], shown["kinds"], shown["url"]) == ("Ours", ["award"], URL)
    assert shown["project"] == str(project.pk)


def test_a_change_keeps_what_it_does_not_name(lead: Caller, project: Project) -> None:
    key = _new(lead, kinds=["award"], project=str(project.pk)).json()["id"]

    shown = lead.patch(f"webhooks/{key}/", {"name": "Ours"}).json()
    assert (shown["kinds"], shown["project"]) == (["award"], str(project.pk))


def test_what_waits_goes_to_the_new_address(
    lead: Caller, there: Receiver, project: Project
) -> None:
    hook = make_hook(lead.user, "https://hooks.example.org/")
    there.status = 204
    happen(project, "award")
    lead.patch(f"webhooks/{hook.pk}/", {"url": there.url})
    go(hook)

    assert there.kinds == ["award"]


def test_after_another_secret_both_sign_for_a_day(
    lead: Caller, there: Receiver, project: Project
) -> None:
    hook = make_hook(lead.user, there.url, kinds=["award"])
    answer = lead.post(f"webhooks/{hook.pk}/rotate-secret/")
    assert answer.status_code == 200
    happen(project, "award")
    go(hook)

    [call] = there.calls
    assert call.is_signed_with(answer.json()["secret"])
    assert call.is_signed_with(hook.__dict__["told"])


def test_a_day_later_the_former_one_signs_no_more(
    lead: Caller, there: Receiver, project: Project
) -> None:
    hook = make_hook(lead.user, there.url, kinds=["award"])
    new = lead.post(f"webhooks/{hook.pk}/rotate-secret/").json()["secret"]
    Webhook.objects.update(former_until=make.now() - timedelta(seconds=1))
    happen(project, "award")
    go(hook)

    [call] = there.calls
    assert call.is_signed_with(new)
    assert not call.is_signed_with(hook.__dict__["told"])


def test_while_it_is_paused_nothing_is_sent_and_nothing_lost(
    lead: Caller, there: Receiver, project: Project
) -> None:
    hook = make_hook(lead.user, there.url, kinds=["award"])
    assert lead.post(f"webhooks/{hook.pk}/pause/").json()["state"] == "paused"
    happen(project, "award")
    go(hook)
    assert there.calls == []

    assert lead.post(f"webhooks/{hook.pk}/resume/").json()["state"] == "active"
    go(hook)
    assert there.kinds == ["award"]


@pytest.mark.parametrize(("first", "act"), [("", "resume"), ("pause", "pause"), ("pause", "ping")])
def test_what_makes_no_sense_now_is_a_conflict(lead: Caller, first: str, act: str) -> None:
    key = _new(lead).json()["id"]
    if first:
        lead.post(f"webhooks/{key}/{first}/")

    assert lead.post(f"webhooks/{key}/{act}/").status_code == 409


def test_its_log_says_what_came_of_each_try(
    lead: Caller, there: Receiver, project: Project
) -> None:
    hook = make_hook(lead.user, there.url)
    [event] = happen(project, "award")
    there.status = 503
    go(hook)
    there.status = 204
    go(hook)

    [one] = lead.get(f"webhooks/{hook.pk}/deliveries/").json()["results"]
    assert (one["event"], one["kind"], one["state"]) == (str(event.id), "award", "delivered")
    assert [(row["status"], row["problem"]) for row in one["tries"]] == [(503, ""), (204, "")]
    assert all(row["milliseconds"] < 5000 for row in one["tries"])


def test_the_log_is_read_page_by_page(lead: Caller, there: Receiver, project: Project) -> None:
    hook = make_hook(lead.user, there.url)
    happen(project, "award", "appeal", "deny_request")
    go(hook)

    first = lead.get(f"webhooks/{hook.pk}/deliveries/?page_size=2").json()
    rest = lead.get(first["next"].partition("testserver")[2]).json()
    kinds = [row["kind"] for row in first["results"] + rest["results"]]
    assert kinds == ["deny_request", "appeal", "award"]
    assert rest["next"] is None


def test_one_delivery_can_be_sent_again_with_the_same_id(
    lead: Caller, there: Receiver, project: Project
) -> None:
    hook = make_hook(lead.user, there.url)
    happen(project, "award")
    go(hook)

    answer = lead.post(f"webhooks/{hook.pk}/replay/", {"delivery": str(hook.deliveries.get().pk)})
    assert answer.json() == {"deliveries": 1}
    go(hook)
    first, second = there.calls
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.json == second.json


def test_all_since_a_time_can_be_sent_again(
    lead: Caller, there: Receiver, project: Project
) -> None:
    hook = make_hook(lead.user, there.url)
    begun = make.now()
    happen(project, "award", "appeal")
    go(hook)

    answer = lead.post(f"webhooks/{hook.pk}/replay/", {"since": begun.isoformat()})
    assert answer.json() == {"deliveries": 2}
    go(hook)
    assert there.kinds == ["award", "appeal"] * 2


@pytest.mark.parametrize(
    "body",
    [{}, {"delivery": "00000000-0000-4000-8000-000000000000", "since": "2026-01-01T00:00Z"}],
)
def test_what_is_to_be_sent_again_is_named_by_one_of_two(lead: Caller, body: Any) -> None:
    key = _new(lead).json()["id"]

    assert lead.post(f"webhooks/{key}/replay/", body).status_code == 400


def test_a_delivery_of_another_webhook_is_none_of_this_one(lead: Caller, member: Caller) -> None:
    theirs = make.make_webhook(member.user).deliveries.get()
    key = _new(lead).json()["id"]

    answer = lead.post(f"webhooks/{key}/replay/", {"delivery": str(theirs.pk)})
    assert answer.status_code == 400
    theirs.refresh_from_db()
    assert theirs.state == "delivered"


def test_once_it_is_deleted_nothing_is_sent(
    lead: Caller, there: Receiver, project: Project
) -> None:
    hook = make_hook(lead.user, there.url)
    happen(project, "award")
    assert lead.delete(f"webhooks/{hook.pk}/").status_code == 204

    assert not Webhook.objects.exists()
    assert there.calls == []


def test_each_decision_is_an_event_that_holds_neither_address_nor_secret(lead: Caller) -> None:
    made = _new(lead).json()
    key = made["id"]
    lead.patch(f"webhooks/{key}/", {"url": "https://other.example.org/secret-path"})
    lead.post(f"webhooks/{key}/rotate-secret/")
    lead.post(f"webhooks/{key}/pause/")
    lead.post(f"webhooks/{key}/resume/")
    lead.delete(f"webhooks/{key}/")

    events = list(Event.objects.filter(object_type="webhook").order_by("sequence"))
    assert [event.kind for event in events] == [
        *("create_webhook", "update_webhook", "rotate_webhook_secret", "pause_webhook"),
        *("resume_webhook", "delete_webhook"),
    ]
    told = str([event.changes for event in events])
    assert "key=k" not in told
    assert "secret-path" not in told
    assert "hooks.example.org" in told


def test_another_key_seals_its_secret_anew(lead: Caller, settings: Any) -> None:
    key = _new(lead).json()["id"]
    lead.post(f"webhooks/{key}/rotate-secret/")
    before = Webhook.objects.get(pk=key).secrets(now=make.now())
    settings.CREDENTIAL_KEYS = [("k9", Fernet.generate_key().decode()), *settings.CREDENTIAL_KEYS]
    _ciphers.cache_clear()
    out = StringIO()
    call_command("rotate_credentials", stdout=out)

    hook = Webhook.objects.get(pk=key)
    assert key_of(hook.sealed_secret) == key_of(hook.sealed_former_secret) == "k9"
    assert hook.secrets(now=make.now()) == before
    assert "2 secrets of webhooks" in out.getvalue()
    _ciphers.cache_clear()

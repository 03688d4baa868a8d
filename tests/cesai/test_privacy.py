"""A person's data: handed over as a whole, and erased without breaking what they did."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client

from cesai.privacy import FATES, columns_to_people
from compute.models import Job, LedgerEntry
from projects.actions.sealing import seal_events
from projects.actions.verifying import verify
from projects.models import AccessToken, Event, Membership, User
from projects.roles import Role
from registry.actions.talks import answer_in_case
from tests import make
from tests.conftest import Caller
from tests.stored import stored
from tests.world import World

pytestmark = pytest.mark.django_db
NAMES = ("Adamantia", "Lovelacescu", "adamantia.lovelacescu", "adamantia@uni.example")


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def person(world: World) -> User:
    """The lead of everything in the world, by a name that occurs nowhere else."""
    user = world.people["lead"]
    user.first_name, user.last_name, user.username, user.email = NAMES
    user.set_password("correct horse battery")
    user.save()
    make.make_member(world.group, Role.LEAD, "successor")
    return user


def _exported(name: str) -> list[dict[str, Any]]:
    out = StringIO()
    call_command("export_person", user=name, stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_every_column_that_leads_to_a_person_has_its_fate() -> None:
    assert set(columns_to_people()) == set(FATES)


def test_the_export_holds_what_leads_to_the_person(person: User, world: World) -> None:
    rows = _exported(person.username)
    found = {(row["table"], row["as"]) for row in rows}
    assert {("projects.User", "id"), ("projects.Membership", "user")} <= found
    assert ("compute.Job", "submitted_by") in found
    assert any(row["row"].get("email") == person.email for row in rows)
    jobs = [row["row"]["id"] for row in rows if row["table"] == "compute.Job"]
    assert str(world.job.pk) in jobs


def test_the_export_holds_nothing_of_others(person: User) -> None:
    text = json.dumps(_exported(person.username))
    for other in User.objects.exclude(pk=person.pk):
        assert other.email not in text


def test_the_export_opens_no_door(person: User) -> None:
    token = make.make_token(person)
    digest = AccessToken.objects.filter(user=person).first()
    assert digest
    text = json.dumps(_exported(person.username))
    assert token not in text
    assert str(digest.digest) not in text
    assert person.password not in text


def test_the_export_of_nobody_is_refused() -> None:
    with pytest.raises(CommandError, match="nobody named"):
        _exported("nobody")


def test_without_yes_nothing_is_erased(person: User) -> None:
    out = StringIO()
    call_command("erase_person", user=person.username, stdout=out)
    assert "projects.Membership.user: 1" in out.getvalue()
    assert Membership.objects.filter(user=person).exists()


def _erase(person: User) -> None:
    call_command("erase_person", user=person.username, yes=True, stdout=StringIO())


def _where_named() -> set[str]:
    """The tables in which the person is named; sessions are packed, so they are unpacked."""
    texts = stored()
    texts["django_session"] = str([one.get_decoded() for one in Session.objects.all()])
    return {table for table, text in texts.items() if any(name in text for name in NAMES)}


def test_no_name_or_address_of_the_person_is_left_anywhere(person: User, world: World) -> None:
    caller = Caller(person, world.tokens["lead"])
    assert caller.get("/api/v1/projects/").status_code == 200
    answer_in_case(by=person, party=world.party, text="we are", now=make.now())
    browser = Client(headers={"user-agent": f"Browser of {person.username}"})
    browser.post(
        "/accounts/login/", {"login": person.username, "password": "correct horse battery"}
    )
    assert "_auth_user_id" in browser.session
    root = Caller(make.make_user("root", is_staff=True, is_superuser=True), "").as_browser
    form = {"user": str(person.pk), "group": str(world.other_group.pk), "role": "guest"}
    assert root.post("/admin/projects/membership/add/", form).status_code == 302
    assert _where_named() >= {"projects_user", "django_admin_log", "django_session"}
    _erase(person)
    assert _where_named() == set()


def person_client(person: User) -> Any:
    return Caller(person, "").as_browser


def test_what_the_person_did_stays_under_a_pseudonym(person: User, world: World) -> None:
    entries = LedgerEntry.objects.count()
    events = Event.objects.count()
    _erase(person)
    person.refresh_from_db()
    assert person.username.startswith("erased-")
    assert Job.objects.get(pk=world.job.pk).submitted_by == person
    assert LedgerEntry.objects.count() == entries
    assert Event.objects.count() == events + 1
    assert Event.objects.latest("sequence").kind == "erase_person"


def test_the_audit_log_still_holds(person: User) -> None:
    seal_events(now=make.now())
    before = verify()
    _erase(person)
    seal_events(now=make.now())
    assert (before.fault, verify().fault) == ("", "")


def test_the_person_has_no_way_in_any_more(person: User, world: World) -> None:
    client = person_client(person)
    assert client.get("/projects/").status_code == 200
    _erase(person)
    assert client.get("/projects/").status_code == 302
    assert Caller(person, world.tokens["lead"]).get("/api/v1/projects/").status_code == 401
    assert not AccessToken.objects.filter(user=person).exists()


def test_a_group_keeps_a_lead(person: User) -> None:
    Membership.objects.filter(user__username="successor").delete()
    with pytest.raises(CommandError, match="another lead of Ours"):
        _erase(person)
    person.refresh_from_db()
    assert person.is_active


def test_the_rest_of_the_portal_is_served_as_before(person: User, world: World) -> None:
    _erase(person)
    admin = Caller(world.people["quota_admin"], world.tokens["quota_admin"])
    for path in (f"/requests/{world.request.pk}/", f"/jobs/{world.job.pk}/", "/audit/", "/"):
        assert admin.as_browser.get(path).status_code == 200

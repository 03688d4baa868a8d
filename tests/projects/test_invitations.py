"""Invitations: a link opens one door once, and only its hash is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from projects.models import Event, Group, Invitation, Membership
from projects.roles import Role
from tests import make
from tests.at_once import at_once
from tests.conftest import Caller, calls_as, new_client


def _invite(lead: Caller, group: Group, role: str = "member", **more: Any) -> dict[str, Any]:
    body = {"group": str(group.pk), "email": "new@example.org", "role": role, **more}
    answer = lead.post("invitations/", body)
    return {"status": answer.status_code, **answer.json()}


def _secret(invitation: dict[str, Any]) -> str:
    return str(invitation["link"].rstrip("/").rsplit("/", 1)[1])


def _accept(caller: Caller, secret: str) -> Any:
    return caller.post("invitations/accept/", {"secret": secret})


@pytest.fixture
def newcomer(db: None) -> Caller:
    return calls_as(make.make_user("newcomer"))


def test_whoever_holds_the_link_gets_the_role_it_offers(
    lead: Caller, group: Group, newcomer: Caller
) -> None:
    made = _accept(newcomer, _secret(_invite(lead, group, "guest")))

    assert made.status_code == 201
    assert Membership.objects.get(user=newcomer.user).role == Role.GUEST


def test_the_link_is_shown_once(lead: Caller, group: Group) -> None:
    made = _invite(lead, group)

    later = lead.get(f"invitations/{made['id']}/").json()

    assert "link" in made
    assert "link" not in later


def test_the_secret_of_the_link_is_nowhere_in_the_database(lead: Caller, group: Group) -> None:
    secret = _secret(_invite(lead, group))

    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            query = f'SELECT count(*) FROM "{table}" AS t WHERE t::text LIKE %s'
            cursor.execute(query, [f"%{secret}%"])
            assert cursor.fetchone() == (0,), table


def test_the_log_names_neither_secret_nor_address(lead: Caller, group: Group) -> None:
    _invite(lead, group)

    assert Event.objects.get(kind="invite_member").changes == {"role": [None, "member"]}


def test_a_link_opens_once(lead: Caller, group: Group, newcomer: Caller, stranger: Caller) -> None:
    secret = _secret(_invite(lead, group))
    _accept(newcomer, secret)

    assert _accept(stranger, secret).status_code == 400
    assert not Membership.objects.filter(user=stranger.user, group=group).exists()


def test_a_link_that_is_too_old_opens_nothing(
    lead: Caller, group: Group, newcomer: Caller
) -> None:
    made = _invite(lead, group)
    Invitation.objects.update(expires_at=make.now() - timedelta(seconds=1))

    assert _accept(newcomer, _secret(made)).status_code == 400


def test_a_withdrawn_link_opens_nothing(lead: Caller, group: Group, newcomer: Caller) -> None:
    made = _invite(lead, group)

    assert lead.delete(f"invitations/{made['id']}/").status_code == 204
    assert _accept(newcomer, _secret(made)).status_code == 400


def test_a_used_invitation_cannot_be_withdrawn(
    lead: Caller, group: Group, newcomer: Caller
) -> None:
    made = _invite(lead, group)
    _accept(newcomer, _secret(made))

    assert lead.delete(f"invitations/{made['id']}/").status_code == 409


def test_a_used_and_an_invented_secret_get_the_same_answer(
    lead: Caller, group: Group, newcomer: Caller, stranger: Caller
) -> None:
    secret = _secret(_invite(lead, group))
    _accept(newcomer, secret)

    assert _accept(stranger, secret).content == _accept(stranger, "invented").content


def test_who_belongs_already_leaves_the_door_open(
    lead: Caller, member: Caller, group: Group
) -> None:
    made = _invite(lead, group)

    assert _accept(member, _secret(made)).status_code == 409
    assert lead.get(f"invitations/{made['id']}/").json()["state"] == "open"


def test_a_member_invites_nobody(member: Caller, group: Group) -> None:
    assert _invite(member, group)["status"] == 403


def test_a_stranger_invites_nobody_into_our_group(stranger: Caller, group: Group) -> None:
    assert _invite(stranger, group)["status"] == 403
    assert not Invitation.objects.exists()


def test_to_a_stranger_an_invitation_is_not_there(
    stranger: Caller, lead: Caller, group: Group
) -> None:
    made = _invite(lead, group)

    for method in ("get", "delete"):
        hidden = getattr(stranger, method)(f"invitations/{made['id']}/")
        unknown = getattr(stranger, method)(f"invitations/{make.key()}/")
        assert (hidden.status_code, hidden.content) == (404, unknown.content)


@pytest.mark.parametrize("role", ["quota_admin", "portal_admin", "partner_admin", ""])
def test_an_invitation_offers_a_groups_own_roles_only(
    lead: Caller, group: Group, role: str
) -> None:
    assert _invite(lead, group, role)["status"] == 400


@pytest.mark.parametrize("field", ["secret_sha256", "accepted_at", "expires_at", "invited_by"])
def test_nothing_else_can_be_set_by_naming_it(lead: Caller, group: Group, field: str) -> None:
    assert list(_invite(lead, group, **{field: "x"})["errors"]) == [field]


def test_nobody_walks_in_without_signing_in(lead: Caller, group: Group) -> None:
    secret = _secret(_invite(lead, group))

    answer = new_client().post(
        "/api/v1/invitations/accept/", {"secret": secret}, content_type="application/json"
    )

    assert answer.status_code == 401


@pytest.mark.django_db(transaction=True)
def test_of_two_people_with_one_link_one_walks_in(lead: Caller, group: Group) -> None:
    secret = _secret(_invite(lead, group))
    one, two = calls_as(make.make_user()), calls_as(make.make_user())

    answers = at_once(lambda: _accept(one, secret), lambda: _accept(two, secret))

    assert sorted(answer.status_code for answer in answers) == [201, 400]
    assert Membership.objects.filter(user__in=[one.user, two.user]).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_withdrawal_and_an_acceptance_at_once_have_one_winner(
    lead: Caller, group: Group, newcomer: Caller
) -> None:
    made = _invite(lead, group)

    accepted, withdrawn = at_once(
        lambda: _accept(newcomer, _secret(made)),
        lambda: lead.delete(f"invitations/{made['id']}/"),
    )

    assert (accepted.status_code, withdrawn.status_code) in {(201, 409), (400, 204)}

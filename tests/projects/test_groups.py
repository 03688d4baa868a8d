"""Groups: made by their partner's admin, known to every member of a partner."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from projects.models import Event, Group, User
from tests import make
from tests.conftest import Caller

Calls = Callable[[User], Caller]


def _new(group: Group, **values: Any) -> dict[str, Any]:
    return {"partner": str(group.partner_id), "name": "New", "slug": "new", **values}


@pytest.fixture
def partner_admin(group: Group, caller: Calls) -> Caller:
    return caller(make.make_partner_admin(group.partner))


def test_the_partners_admin_makes_a_group(partner_admin: Caller, group: Group) -> None:
    made = partner_admin.post("groups/", _new(group, contact="new@example.org"))

    assert made.status_code == 201
    assert Group.objects.get(pk=made.json()["id"]).contact == "new@example.org"


def test_making_a_group_is_told_in_the_log(partner_admin: Caller, group: Group) -> None:
    made = partner_admin.post("groups/", _new(group)).json()

    event = Event.objects.get(object_id=made["id"])
    assert (event.kind, event.actor) == ("create_group", partner_admin.user)


def test_a_portal_admin_makes_groups_of_any_partner(portal_admin: Caller, group: Group) -> None:
    assert portal_admin.post("groups/", _new(group)).status_code == 201


def test_a_stranger_makes_no_group_of_another_partner(stranger: Caller, group: Group) -> None:
    assert stranger.post("groups/", _new(group)).status_code == 403
    assert not Group.objects.filter(slug="new").exists()


def test_a_lead_makes_no_groups(lead: Caller, group: Group) -> None:
    assert lead.post("groups/", _new(group)).status_code == 403


def test_the_admin_of_another_partner_makes_no_group_here(group: Group, caller: Calls) -> None:
    other = caller(make.make_partner_admin(make.make_partner()))

    assert other.post("groups/", _new(group)).status_code == 403


def test_a_short_name_is_taken_once_per_partner(partner_admin: Caller, group: Group) -> None:
    refused = partner_admin.post("groups/", _new(group, slug=group.slug))

    assert refused.status_code == 409
    assert group.slug in refused.json()["detail"]


def test_two_partners_may_use_the_same_short_name(portal_admin: Caller, group: Group) -> None:
    elsewhere = make.make_group()

    assert portal_admin.post("groups/", _new(elsewhere, slug=group.slug)).status_code == 201


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "00000000-0000-0000-0000-000000000000"),
        ("created_at", "2020-01-01"),
        ("memberships", []),
        ("contact", "nobody"),
        ("slug", "no spaces"),
        ("slug", "a\x00b"),
        ("name", "x" * 201),
        ("name", {"a": 1}),
    ],
)
def test_a_value_that_is_not_accepted_is_named(
    partner_admin: Caller, group: Group, field: str, value: Any
) -> None:
    refused = partner_admin.post("groups/", _new(group, **{field: value}))

    assert refused.status_code == 400
    assert list(refused.json()["errors"]) == [field]


@pytest.mark.parametrize("partner", ["00000000-0000-0000-0000-000000000000"])
def test_a_group_of_no_partner_is_refused(partner_admin: Caller, partner: str) -> None:
    body = {"partner": partner, "name": "New", "slug": "new"}

    assert partner_admin.post("groups/", body).status_code == 404


def test_a_stranger_of_a_partner_sees_which_groups_there_are(
    stranger: Caller, group: Group
) -> None:
    assert stranger.get(f"groups/{group.pk}/").status_code == 200


def test_somebody_of_no_partner_sees_no_groups(group: Group, caller: Calls) -> None:
    loner = caller(make.make_user())

    assert loner.get("groups/").json()["results"] == []
    assert loner.get(f"groups/{group.pk}/").status_code == 404


def test_groups_are_filtered_by_their_partners_short_name(lead: Caller, group: Group) -> None:
    make.make_group()

    found = lead.get(f"groups/?partner__slug={group.partner.slug}").json()["results"]

    assert [row["id"] for row in found] == [str(group.pk)]

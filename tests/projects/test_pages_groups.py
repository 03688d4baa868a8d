"""Pages of groups: members, roles and the door of an invitation."""

from __future__ import annotations

import re

from django.urls import reverse

from projects.models import Group, Invitation, Membership
from tests import make
from tests.conftest import Caller, new_client


def _page(group: Group) -> str:
    return reverse("group", args=[group.pk])


def _invite(lead: Caller, group: Group) -> str:
    """The path of a fresh link, from the page that shows it."""
    form = {"email": "new@example.org", "role": "member"}
    text = lead.as_browser.post(reverse("invite", args=[group.pk]), form).content.decode()
    found = re.search(r"/invitations/[\w-]{40,}/", text)
    assert found
    return found[0]


def test_the_link_is_shown_once(lead: Caller, group: Group) -> None:
    path = _invite(lead, group)
    assert path not in lead.as_browser.get(_page(group)).content.decode()


def test_a_bad_address_keeps_what_was_typed(lead: Caller, group: Group) -> None:
    form = {"email": "no address", "role": "guest"}
    answer = lead.as_browser.post(reverse("invite", args=[group.pk]), form)
    assert answer.status_code == 400
    assert 'value="no address"' in answer.content.decode()
    assert not Invitation.objects.exists()


def test_the_link_lets_a_person_join(lead: Caller, stranger: Caller, group: Group) -> None:
    path = _invite(lead, group)
    assert "Join as" in stranger.as_browser.get(path).content.decode()
    stranger.as_browser.post(path)
    assert Membership.objects.get(user=stranger.user, group=group).role == "member"


def test_whoever_has_no_log_in_can_make_one_and_join(lead: Caller, group: Group) -> None:
    path = _invite(lead, group)
    browser = new_client()
    assert "Make a log-in" in browser.get(path).content.decode()
    form = {"username": "nina", "email": "nina@example.org", "password1": "Vogelbeere-17-x"}
    answer = browser.post(f"/accounts/signup/?next={path}", {**form, "next": path})
    assert answer.headers["Location"] == path
    assert browser.post(path).headers["Location"] == _page(group)


def test_without_an_invitation_nobody_makes_a_log_in(db: None) -> None:
    assert "made by invitation" in new_client().get("/accounts/signup/").content.decode()


def test_a_used_link_says_so(lead: Caller, stranger: Caller, group: Group) -> None:
    path = _invite(lead, group)
    stranger.as_browser.post(path)
    text = new_client().get(path).content.decode()
    assert "not valid any more" in text
    assert group.name not in text


def test_the_last_lead_stays(lead: Caller, group: Group) -> None:
    membership = Membership.objects.get(user=lead.user)
    answer = lead.as_browser.post(
        reverse("membership-role", args=[membership.pk]), {"role": "member"}
    )
    assert answer.status_code == 409
    assert "The group would have no lead." in answer.content.decode()


def test_outsiders_see_the_group_but_not_its_people(
    lead: Caller, stranger: Caller, group: Group
) -> None:
    text = stranger.as_browser.get(_page(group)).content.decode()
    assert group.name in text
    assert "Members" not in text


def test_the_list_has_the_groups_of_all_partners(stranger: Caller, group: Group) -> None:
    theirs = make.make_group(name="Another team")
    text = stranger.as_browser.get("/groups/").content.decode()
    assert group.name in text
    assert theirs.name in text

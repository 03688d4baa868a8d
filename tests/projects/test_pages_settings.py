"""The page of one's own settings."""

from __future__ import annotations

from django.urls import reverse

from projects.models import AccessToken, Group
from tests import make
from tests.conftest import Caller

FORM = {"name": "pipeline", "scope": "read", "days": 30}


def test_a_new_token_is_shown_once_and_works(member: Caller) -> None:
    text = member.as_browser.post("/settings/", FORM).content.decode()
    token = text.split('<code id="token">')[1].split("</code>")[0]
    assert token.startswith("cesai_")
    assert token not in member.as_browser.get("/settings/").content.decode()
    assert Caller(member.user, token).get("tokens/").status_code == 200


def test_a_token_for_too_long_keeps_its_name_on_the_form(member: Caller) -> None:
    answer = member.as_browser.post("/settings/", {**FORM, "days": 1000})
    assert answer.status_code == 400
    assert 'value="pipeline"' in answer.content.decode()


def test_a_revoked_token_is_gone(member: Caller) -> None:
    token = AccessToken.objects.get(user=member.user)
    member.as_browser.post(reverse("token-revoke", args=[token.id]))
    assert not AccessToken.objects.filter(user=member.user).exists()


def test_nobody_revokes_another_persons_token(member: Caller, stranger: Caller) -> None:
    token = AccessToken.objects.get(user=member.user)
    answer = stranger.as_browser.post(reverse("token-revoke", args=[token.id]))
    assert answer.status_code == 404
    assert AccessToken.objects.filter(user=member.user).exists()


def _second(member: Caller) -> Group:
    """Another group of the member's."""
    second = make.make_group(name="Second")
    member.user.memberships.create(group=second, role="member")
    return second


def test_with_one_group_there_is_no_home_to_choose(member: Caller) -> None:
    assert 'name="group"' not in member.as_browser.get("/settings/").content.decode()


def test_with_several_groups_one_is_the_home_of_a_token(member: Caller) -> None:
    second = _second(member)
    text = member.as_browser.get("/settings/").content.decode()
    assert f"Second · {second.partner.name}" in text

    member.as_browser.post("/settings/", {**FORM, "group": second.pk})

    assert AccessToken.objects.get(name="pipeline").group == second


def test_with_several_groups_none_need_be_the_home(member: Caller) -> None:
    _second(member)

    member.as_browser.post("/settings/", {**FORM, "group": ""})

    assert AccessToken.objects.get(name="pipeline").group is None


def test_a_group_of_others_is_no_choice(member: Caller, stranger: Caller) -> None:
    _second(member)
    theirs = Group.objects.get(memberships__user=stranger.user)
    assert str(theirs.pk) not in member.as_browser.get("/settings/").content.decode()

    answer = member.as_browser.post("/settings/", {**FORM, "group": theirs.pk})

    assert answer.status_code == 400
    assert not AccessToken.objects.filter(name="pipeline").exists()

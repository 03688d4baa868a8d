"""The page of one's own settings."""

from __future__ import annotations

from django.urls import reverse

from projects.models import AccessToken
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

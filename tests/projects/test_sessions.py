"""Where a person is logged in, and how all but one of those places end."""

from __future__ import annotations

import pytest
from django.test import Client

from projects.models import User
from tests import make

pytestmark = pytest.mark.django_db
LIST = "/accounts/sessions/"


@pytest.fixture
def user() -> User:
    user = make.make_user("ada")
    user.set_password("correct horse battery")
    user.save()
    return user


def _logged_in(user: User, browser: str) -> Client:
    client = Client(headers={"user-agent": browser})
    client.post("/accounts/login/", {"login": user.username, "password": "correct horse battery"})
    return client


def test_each_browser_stands_in_the_list(user: User) -> None:
    first = _logged_in(user, "Firefox at the office")
    _logged_in(user, "Chrome at home")
    text = first.get(LIST).content.decode()
    assert "Firefox at the office" in text
    assert "Chrome at home" in text
    assert text.count("this one") == 1


def test_nobody_elses_browser_does(user: User) -> None:
    other = make.make_user("bob")
    other.set_password("correct horse battery")
    other.save()
    _logged_in(other, "Bob's browser")
    assert "Bob" not in _logged_in(user, "Firefox").get(LIST).content.decode()


def test_all_others_are_logged_out_with_their_next_request(user: User) -> None:
    mine, lost = _logged_in(user, "mine"), _logged_in(user, "lost")
    assert lost.get("/settings/").status_code == 200
    mine.post(LIST)
    assert lost.get("/settings/").status_code == 302
    assert mine.get("/settings/").status_code == 200


def test_a_new_password_logs_the_others_out(user: User) -> None:
    mine, lost = _logged_in(user, "mine"), _logged_in(user, "lost")
    words = {"password1": "another horse battery", "password2": "another horse battery"}
    mine.post("/accounts/password/change/", {"oldpassword": "correct horse battery", **words})
    assert lost.get("/settings/").status_code == 302

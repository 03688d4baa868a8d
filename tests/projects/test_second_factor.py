"""The second factor: who must have one, and what is served before it is there."""

from __future__ import annotations

import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.test import Client

from projects.actions.factors import rotate_factors
from projects.models import Event, User
from projects.models.sealed import _ciphers
from projects.roles import Role
from projects.second_factor import Adapter
from tests import make
from tests.conftest import Caller

pytestmark = pytest.mark.django_db
SET_UP = "/accounts/2fa/totp/activate/"
PASSWORD = "correct horse battery"
WHO = ["quota_admin", "portal_admin", "operator"]
WHO_NOT = ["coordinator", "auditor", "lead", "member"]


@pytest.fixture(autouse=True)
def _demanded(settings: Any) -> None:
    settings.SECOND_FACTOR = True


def _person(role: str) -> User:
    if role == "operator":
        return make.make_operator(make.make_cluster(), "somebody")
    if role in {"lead", "member"}:
        return make.make_member(make.make_group(), Role(role), "somebody")
    return make.make_staff(Role(role), "somebody")


def _code(secret: str, *, step: int = 0) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + step)))


def _set_up(client: Client) -> str:
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    secret: str = client.get(SET_UP).context["form"].secret
    answer = client.post(SET_UP, {"code": _code(secret)})
    assert answer.status_code == 302, answer.content.decode()[:2000]
    return secret


def _logged_in(user: User) -> Client:
    user.set_password(PASSWORD)
    user.save()
    client = Client()
    answer = client.post("/accounts/login/", {"login": user.username, "password": PASSWORD})
    assert answer.status_code == 302
    return client


@pytest.mark.parametrize("role", WHO)
def test_who_decides_for_others_is_sent_to_set_one_up(role: str) -> None:
    answer = _logged_in(_person(role)).get("/")
    assert (answer.status_code, answer["Location"]) == (302, SET_UP)


@pytest.mark.parametrize("role", WHO)
def test_a_moving_part_sends_there_too(role: str) -> None:
    answer = _logged_in(_person(role)).get("/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (403, SET_UP)


@pytest.mark.parametrize("role", WHO)
def test_a_token_of_theirs_is_refused_until_then(role: str) -> None:
    user = _person(role)
    caller = Caller(user, make.make_token(user))
    answer = caller.get("/api/v1/projects/")
    assert answer.status_code == 403
    assert "second factor" in answer.json()["detail"]


@pytest.mark.parametrize("role", WHO_NOT)
def test_others_may_and_need_not(role: str) -> None:
    user = _person(role)
    assert _logged_in(user).get("/").status_code == 200
    assert Caller(user, make.make_token(user)).get("/api/v1/projects/").status_code == 200


def test_the_administration_asks_for_it_too() -> None:
    user = make.make_staff(Role.PORTAL_ADMIN, "root")
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    assert _logged_in(user).get("/admin/")["Location"] == SET_UP


def test_the_administration_has_no_door_of_its_own() -> None:
    make.make_user("root", is_staff=True, is_superuser=True)
    answer = Client().get("/admin/login/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_once_it_is_set_up_everything_is_served() -> None:
    user = _person("quota_admin")
    client = _logged_in(user)
    _set_up(client)
    assert client.get("/").status_code == 200
    assert Caller(user, make.make_token(user)).get("/api/v1/projects/").status_code == 200


def test_the_password_is_asked_for_once_more_before() -> None:
    answer = _logged_in(_person("quota_admin")).get(SET_UP)
    assert answer["Location"].startswith("/accounts/reauthenticate/")


def test_a_wrong_code_sets_nothing_up() -> None:
    client = _logged_in(_person("quota_admin"))
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.get(SET_UP)
    assert client.post(SET_UP, {"code": "000000"}).status_code == 200
    assert not Authenticator.objects.exists()


def test_from_then_on_a_password_alone_lets_nobody_in() -> None:
    user = _person("quota_admin")
    _set_up(_logged_in(user))
    client = _logged_in(user)
    assert client.get("/projects/").status_code == 302
    assert "_auth_user_id" not in client.session


def test_password_and_code_let_the_person_in() -> None:
    user = _person("quota_admin")
    secret = _set_up(_logged_in(user))
    client = _logged_in(user)
    client.post("/accounts/2fa/authenticate/", {"code": _code(secret, step=1)})
    assert client.get("/projects/").status_code == 200


def test_a_code_is_good_once_in_whichever_process() -> None:
    user = _person("quota_admin")
    secret = _set_up(_logged_in(user))
    code = _code(secret, step=1)
    first, second = _logged_in(user), _logged_in(user)
    first.post("/accounts/2fa/authenticate/", {"code": code})
    second.post("/accounts/2fa/authenticate/", {"code": code})
    assert "_auth_user_id" in first.session
    assert "_auth_user_id" not in second.session


def test_who_must_have_one_cannot_take_it_out() -> None:
    user = _person("quota_admin")
    client = _logged_in(user)
    _set_up(client)
    client.post("/accounts/2fa/totp/deactivate/")
    assert Authenticator.objects.filter(user=user, type="totp").exists()


def test_its_secret_is_not_readable_in_the_database() -> None:
    user = _person("quota_admin")
    secret = _set_up(_logged_in(user))
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    assert "k1:" in stored


def test_rotation_seals_it_anew_and_it_still_opens(settings: Any) -> None:
    user = _person("quota_admin")
    secret = _set_up(_logged_in(user))
    [(_name, old)] = settings.CREDENTIAL_KEYS
    settings.CREDENTIAL_KEYS = [("k2", Fernet.generate_key().decode()), ("k1", old)]
    _ciphers.cache_clear()
    try:
        assert rotate_factors() == (2, [])  # the app's secret and the seed of the codes
        settings.CREDENTIAL_KEYS = settings.CREDENTIAL_KEYS[:1]
        _ciphers.cache_clear()
        kept = Authenticator.objects.get(user=user, type="totp").data["secret"]
        assert Adapter().decrypt(kept) == secret
    finally:
        _ciphers.cache_clear()


def test_who_lost_it_gets_rid_of_it_by_the_portals_operators() -> None:
    user = _person("quota_admin")
    _set_up(_logged_in(user))
    call_command("drop_second_factor", user=user.username)
    assert not Authenticator.objects.exists()
    assert Event.objects.filter(kind="drop_second_factor", object_id=user.pk).exists()
    with pytest.raises(CommandError, match="no second factor"):
        call_command("drop_second_factor", user=user.username)


def test_the_pages_of_it_are_there_for_everybody() -> None:
    client = _logged_in(_person("member"))
    assert "not set up" in client.get("/accounts/2fa/").content.decode()
    _set_up(client)
    assert "codes are left" in client.get("/accounts/2fa/").content.decode()
    assert client.get("/accounts/2fa/recovery-codes/").status_code == 200

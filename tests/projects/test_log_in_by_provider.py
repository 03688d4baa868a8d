"""Log-in by a certified OpenID provider: who is let in, as whom, and who is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.core.cache import cache
from django.test import Client

from dev.openid.server import Server
from projects.models import Event, User
from tests import make
from tests.projects.arrivals import Arrival, changed, configured, is_refused, redirect_to

pytestmark = pytest.mark.django_db
ADA = {"name": "Ada Lovelace", "given_name": "Ada", "family_name": "Lovelace",
       "preferred_username": "ada", "email": "ada@uni.example",
       "email_verified": True}  # fmt: skip


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    first, second = (tmp_path_factory.mktemp(name) for name in ("first", "second"))
    with (
        Server(first, redirect=redirect_to("first")) as one,
        Server(second, redirect=redirect_to("second")) as two,
    ):
        yield one, two


@pytest.fixture(autouse=True)
def _configured(servers: tuple[Server, Server], settings: Any) -> None:
    one, two = servers
    settings.LOG_IN_PROVIDERS = [configured("first", one), configured("second", two)]
    for server in servers:
        server.knows({"ada": ADA})
    cache.clear()


def _admin() -> User:
    user = make.make_user("admin")
    user.email = "boss@cesai.example"
    user.save(update_fields=["email"])
    return user


def test_somebody_new_is_let_in_and_belongs_to_nothing() -> None:
    arrival = Arrival()
    answer = arrival.log_in("ada")
    assert (answer.status_code, answer["Location"]) == (302, "/")
    user = arrival.user
    assert user
    assert (user.first_name, user.last_name, user.email) == ("Ada", "Lovelace", "ada@uni.example")
    assert not user.standing.is_of_partner
    assert not user.has_usable_password()


def test_the_same_person_is_known_again() -> None:
    first, second = Arrival(), Arrival()
    first.log_in("ada")
    second.log_in("ada")
    assert first.user == second.user


def test_the_way_there_has_code_state_nonce_and_a_challenge() -> None:
    asked = {k: v[0] for k, v in parse_qs(urlsplit(Arrival().begin()).query).items()}
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert len(asked["nonce"]) >= 32
    assert len(asked["state"]) >= 16


def test_it_goes_on_where_the_person_wanted_to_go() -> None:
    assert Arrival().log_in("ada", next="/models/")["Location"] == "/models/"


@pytest.mark.parametrize("goal", ["//evil.example", "https://evil.example/", "/\\evil.example"])
def test_it_never_goes_on_elsewhere(goal: str) -> None:
    assert Arrival().log_in("ada", next=goal)["Location"] == "/"


def test_an_address_cannot_ask_for_more_or_to_be_linked() -> None:
    arrival = Arrival()
    answer = arrival.portal.post(
        "/accounts/provider/first/?scope=offline_access&process=connect&auth_params=prompt%3Dnone"
    )
    asked = {k: v[0] for k, v in parse_qs(urlsplit(answer["Location"]).query).items()}
    assert "offline_access" not in asked["scope"]
    assert "prompt" not in asked


def test_who_is_logged_in_is_not_linked_to_who_comes() -> None:
    local = make.make_user("local")
    arrival = Arrival()
    arrival.portal.force_login(local)
    arrival.log_in("ada", process="connect")
    assert arrival.user != local
    assert not SocialAccount.objects.filter(user=local).exists()


def test_a_code_is_good_once() -> None:
    arrival = Arrival()
    address = arrival.identify(arrival.begin(), "ada")
    arrival.come_back(address)
    arrival.portal.logout()
    assert is_refused(arrival.come_back(address))
    assert arrival.user is None


def test_a_replayed_code_is_refused_with_a_fresh_state_too() -> None:
    victim = Arrival()
    code = victim.identify(victim.begin(), "ada")
    victim.come_back(code)
    thief = Arrival()
    fresh = parse_qs(urlsplit(thief.begin()).query)["state"][0]
    assert is_refused(thief.come_back(changed(code, state=fresh)))
    assert thief.user is None


def test_a_stolen_code_is_refused_in_another_browser() -> None:
    victim, thief = Arrival(), Arrival()
    code = victim.identify(victim.begin(), "ada")
    assert is_refused(thief.come_back(code))  # no such state
    fresh = parse_qs(urlsplit(thief.begin()).query)["state"][0]
    assert is_refused(thief.come_back(changed(code, state=fresh)))  # not its verifier
    assert not User.objects.exists()


def test_a_wrong_nonce_is_refused() -> None:
    arrival = Arrival()
    address = changed(arrival.begin(), nonce="another-browsers-nonce")
    assert is_refused(arrival.come_back(arrival.identify(address, "ada")))
    assert arrival.user is None
    assert not User.objects.exists()


def test_another_issuer_with_the_same_subject_is_somebody_else() -> None:
    one, two = Arrival("first"), Arrival("second")
    one.log_in("ada")
    two.log_in("ada")
    assert one.user
    assert two.user
    assert one.user != two.user
    assert two.user.email == ""  # it is the other's here


def test_a_provider_under_the_same_id_that_is_another_issuer_is_somebody_else(
    servers: tuple[Server, Server], settings: Any
) -> None:
    one = Arrival("first")
    one.log_in("ada")
    settings.LOG_IN_PROVIDERS = [configured("second", servers[0])]
    SocialAccount.objects.update(provider="second")
    settings.LOG_IN_PROVIDERS = [configured("second", servers[1])]
    two = Arrival("second")
    two.log_in("ada")
    known = list(SocialAccount.objects.values_list("extra_data", flat=True))
    assert [one["iss"] for one in known] == [server.url for server in servers]
    assert one.user != two.user


def test_a_provider_that_says_it_is_another_issuer_is_refused(
    servers: tuple[Server, Server], settings: Any
) -> None:
    settings.LOG_IN_PROVIDERS = [
        configured("first", servers[0], issuer=f"http://localhost:{servers[0].port}")
    ]
    answer = Client().post("/accounts/provider/first/")
    assert is_refused(answer)


def test_one_whom_another_issuer_sends_back_is_refused(servers: tuple[Server, Server]) -> None:
    arrival = Arrival()
    code = arrival.identify(arrival.begin(), "ada")
    assert is_refused(arrival.come_back(changed(code, iss=servers[1].url)))
    assert arrival.user is None


def test_a_known_admins_unverified_address_links_to_nobody(
    servers: tuple[Server, Server],
) -> None:
    admin = _admin()
    servers[0].knows({"eve": {"email": "boss@cesai.example", "email_verified": False}})
    arrival = Arrival()
    arrival.log_in("eve")
    assert arrival.user
    assert arrival.user != admin
    assert arrival.user.email == ""


def test_a_known_admins_verified_address_links_to_nobody_either(
    servers: tuple[Server, Server],
) -> None:
    admin = _admin()
    servers[0].knows({"eve": {"email": "BOSS@cesai.example", "email_verified": True}})
    arrival = Arrival()
    arrival.log_in("eve")
    assert arrival.user
    assert arrival.user != admin
    assert arrival.user.email == ""


@pytest.mark.parametrize("verified", ["true", 1, "yes", None, [True]])
def test_only_true_means_verified(servers: tuple[Server, Server], verified: Any) -> None:
    servers[0].knows({"eve": {"email": "eve@uni.example", "email_verified": verified}})
    arrival = Arrival()
    arrival.log_in("eve")
    assert arrival.user
    assert arrival.user.email == ""


def test_a_name_that_is_taken_becomes_another(servers: tuple[Server, Server]) -> None:
    admin = make.make_user("admin")
    servers[0].knows({"eve": {"preferred_username": "admin"}})
    arrival = Arrival()
    arrival.log_in("eve")
    assert arrival.user
    assert arrival.user != admin
    assert arrival.user.username != "admin"


def test_who_was_deactivated_is_not_let_in() -> None:
    arrival, again = Arrival(), Arrival()
    arrival.log_in("ada")
    User.objects.update(is_active=False)
    again.log_in("ada")
    assert again.user is None


def test_who_changes_the_mind_comes_back_to_the_log_in_page() -> None:
    arrival = Arrival()
    state = parse_qs(urlsplit(arrival.begin()).query)["state"][0]
    path = "/accounts/provider/first/callback/"
    answer = arrival.portal.get(path, {"state": state, "error": "access_denied"})
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/")
    assert "cancelled there" in arrival.portal.get("/accounts/login/").content.decode()


def test_a_provider_that_is_down_is_told_in_a_sentence(
    servers: tuple[Server, Server], settings: Any, tmp_path: Path
) -> None:
    gone = Server(tmp_path, redirect=redirect_to("first"))  # never started
    settings.LOG_IN_PROVIDERS = [configured("first", gone)]
    answer = Client().post("/accounts/provider/first/")
    assert is_refused(answer)
    assert "Nothing was changed" in answer.content.decode()


def test_a_provider_that_is_not_configured_is_not_there() -> None:
    assert Client().post("/accounts/provider/third/").status_code == 404
    assert Client().get("/accounts/provider/third/callback/").status_code == 404


def test_it_does_not_begin_by_a_link() -> None:
    assert Client().get("/accounts/provider/first/").status_code == 405


def test_the_log_in_page_names_the_providers_and_lets_the_form_lead_there(
    servers: tuple[Server, Server],
) -> None:
    answer = Client().get("/accounts/login/?next=/models/")
    text = answer.content.decode()
    assert "Log-in of first" in text
    assert 'action="/accounts/provider/second/"' in text
    policy = answer["Content-Security-Policy"]
    assert f"form-action 'self' {servers[0].url} {servers[1].url}" in policy
    assert (
        "form-action 'self';" in Client().get("/accounts/logout/")["Content-Security-Policy"] + ";"
    )


def test_of_claims_and_tokens_only_issuer_and_subject_are_kept(
    servers: tuple[Server, Server],
) -> None:
    Arrival().log_in("ada")
    [account] = SocialAccount.objects.all()
    assert account.extra_data == {"iss": servers[0].url, "sub": "ada"}
    assert not SocialToken.objects.exists()


def test_a_log_in_that_gives_nothing_is_no_event() -> None:
    Arrival().log_in("ada")
    assert not Event.objects.exists()

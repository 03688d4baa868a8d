"""Forms sent from elsewhere, log-ins that lead elsewhere, hosts that are not ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from projects.models import User
from tests import make, routes
from tests.attacks.cases import each
from tests.conftest import Caller, new_client
from tests.world import World

PASSWORD = "correct horse battery staple"
ELSEWHERE = [
    "//evil.example", "///evil.example", "////evil.example", "https:evil.example",
    "https:///evil.example", "http:evil.example", "\\evil.example", "\\\\evil.example",
    "/\\evil.example", "\\/evil.example", "/\t/evil.example", "\t//evil.example",
    "/\r\n//evil.example", "javascript:alert(1)", "data:text/html,x", "https://evil.example",
    "https://testserver@evil.example", "http://testserver.evil.example", "//evil%2eexample",
    "//ⓔvil.example", "https://evil.example\\@testserver", "http://[evil", " https://evil.example",
    "ftp://testserver/", "//testserver:evil@evil.example/",
]  # fmt: skip


@pytest.fixture
def world(db: None) -> World:
    return World()


@pytest.fixture
def anna(db: None, settings: Settings) -> User:
    """Somebody of the staff with a password, which here costs nothing to check."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    user = make.make_user("anna", is_staff=True)
    user.set_password(PASSWORD)
    user.save()
    return user


def strict() -> Client:
    """A browser whose forms are checked as they are outside of tests."""
    return Client(enforce_csrf_checks=True, raise_request_exception=False)


def unsafe_pages(world: World) -> Iterator[tuple[str, Any]]:
    """Every address that takes a form, with what is sent."""
    for name, methods in routes.PAGES.items():
        if "post" in methods:
            yield reverse(name, args=world.page_key(name)), methods["post"].body(world)
    yield reverse("invitation", args=[world.secret]), {}
    for name in ("set_language", "demo_continue", "account_login", "account_logout"):
        yield reverse(name), {"language": "de", "user": "lead"}
    yield "/admin/login/", {}


def leads_elsewhere(address: str) -> bool:
    """Whether a browser would leave the portal for it; it takes \\ for / and drops tabs."""
    read = "".join(address.replace("\\", "/").split())
    return urlsplit(urljoin("http://testserver/accounts/login/", read)).netloc != "testserver"


def test_no_form_is_taken_without_its_token(world: World) -> None:
    browser = strict()
    browser.force_login(world.people["lead"])
    answers = {path: browser.post(path, body) for path, body in unsafe_pages(world)}
    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(
        answers, 403
    )


def test_nor_with_it_from_another_site(world: World) -> None:
    browser = strict()
    browser.force_login(world.people["lead"])
    browser.get(reverse("settings"))
    token = browser.cookies["csrftoken"].value
    for origin in ("https://evil.example", "null", "http://testserver.evil.example"):
        for path, body in unsafe_pages(world):
            answer = browser.post(path, {**body, "csrfmiddlewaretoken": token}, HTTP_ORIGIN=origin)
            assert answer.status_code == 403, (path, origin)


def test_the_same_form_of_our_own_is_taken(world: World) -> None:
    browser = strict()
    browser.force_login(world.people["lead"])
    browser.get(reverse("settings"))
    token = browser.cookies["csrftoken"].value
    form = {"csrfmiddlewaretoken": token, "name": "x", "scope": "read", "days": "1"}
    answer = browser.post(reverse("settings"), form, HTTP_ORIGIN="http://testserver")
    assert answer.status_code == 200


def test_no_page_changes_anything_by_a_link(world: World) -> None:
    """Whatever takes a form and nothing else is not opened by GET or HEAD."""
    browser = new_client()
    browser.force_login(world.people["lead"])
    for name, methods in routes.PAGES.items():
        if set(methods) == {"post"}:
            path = reverse(name, args=world.page_key(name))
            assert browser.get(path).status_code in {404, 405}, path
            assert browser.head(path).status_code in {404, 405}, path


@pytest.mark.parametrize("target", ELSEWHERE, ids=ascii)
def test_the_log_in_leads_nowhere_else(anna: User, target: str) -> None:
    form = {"login": "anna", "password": PASSWORD, "next": target}
    answer = new_client().post(reverse("account_login"), form)
    assert answer.status_code == 302
    assert not leads_elsewhere(answer["Location"]), answer["Location"]


@pytest.mark.parametrize("target", ELSEWHERE, ids=ascii)
def test_neither_do_log_out_nor_the_change_of_language(lead: Caller, target: str) -> None:
    browser = lead.as_browser
    changed = browser.post(reverse("set_language"), {"language": "de", "next": target})
    assert not leads_elsewhere(changed["Location"]), changed["Location"]
    came = browser.post(
        reverse("set_language"), {"language": "de"}, headers={"Referer": target.strip()}
    )
    assert not leads_elsewhere(came["Location"]), came["Location"]
    out = browser.post(reverse("account_logout"), {"next": target})
    assert not leads_elsewhere(out["Location"]), out["Location"]


@each("path", ["/", "/accounts/login/", "/healthz/", "/admin/", "/api/v1/projects/"])
@each(
    "host",
    ["evil.example", "testserver.evil.example", "testserver@evil", "evil:80", "[::1]",
     "testserver/evil", "..", "127.0.0.1:x"],
)  # fmt: skip
def test_no_page_is_served_under_another_host(db: None, path: str, host: str) -> None:
    answer = new_client().get(path, headers={"Host": host})
    assert answer.status_code == 400
    assert b"evil" not in answer.content
    assert "evil" not in str(answer.headers)


@each(
    "headers",
    [
        {"X-Forwarded-Host": "evil.example"}, {"Forwarded": "host=evil.example"},
        {"X-Original-URL": "/admin/"}, {"X-Rewrite-URL": "/admin/"}, {"X-Host": "evil.example"},
        {"X-Forwarded-Server": "evil.example"}, {"X-Forwarded-Prefix": "//evil.example"},
        {"X-Forwarded-For": "127.0.0.1"}, {"X-Real-IP": "127.0.0.1"}, {"Script-Name": "/evil"},
        {"Referer": "https://evil.example/"}, {"X-Forwarded-Proto": "https"},
        {"X-Forwarded-Port": "1"}, {"Remote-User": "lead"}, {"X-Remote-User": "evil"},
    ],
)  # fmt: skip
def test_no_header_of_a_gateway_changes_an_answer(
    lead: Caller, project: Any, headers: dict[str, str]
) -> None:
    plain, changed = (lead.get("projects/", **sent) for sent in ({}, headers))
    assert plain.content == changed.content
    page = lead.as_browser.get("/projects/", headers=headers)
    assert (page.status_code, b"evil" in page.content) == (200, False)
    assert new_client().get("/", headers=headers).status_code == 200


def test_monitoring_is_not_opened_by_a_header(db: None) -> None:
    headers = {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1"}
    answer = new_client().get("/metrics", headers=headers, REMOTE_ADDR="203.0.113.7")
    assert answer.status_code == 404


@each(
    "path",
    ["/", "/accounts/login/", "/projects/", "/nowhere/", "/api/v1/docs/", "/api/v1/projects/",
     "/mlflow/", "/healthz", "/models.csv"],
)  # fmt: skip
def test_no_answer_can_be_framed_sniffed_or_run_scripts_of_others(lead: Caller, path: str) -> None:
    answer = lead.as_browser.get(path)
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert not any(word in policy for word in ("unsafe", "*", "http:", "https:"))
    assert "Access-Control-Allow-Origin" not in answer.headers


@each(
    "path",
    ["/", "/projects/", "/settings/", "/models.csv", "/requests/?format=csv", "/api/v1/projects/",
     "/api/v1/tokens/"],
)  # fmt: skip
def test_what_is_for_one_person_is_kept_by_no_cache(lead: Caller, project: Any, path: str) -> None:
    answer = lead.get(path) if path.startswith("/api/") else lead.as_browser.get(path)
    kept = answer["Cache-Control"]
    assert "private" in kept
    assert "no-store" in kept or "no-cache" in kept
    assert "public" not in kept


def test_after_the_log_out_the_old_session_is_nobodys(lead: Caller) -> None:
    browser = lead.as_browser
    session = browser.cookies["sessionid"].value
    browser.post(reverse("account_logout"))
    thief = new_client()
    thief.cookies["sessionid"] = session
    assert thief.get("/settings/").status_code == 302


def test_the_log_in_makes_a_new_session(anna: User) -> None:
    browser, chosen = new_client(), "chosenbytheattackerchosenbytheat"
    browser.cookies["sessionid"] = chosen
    browser.post(reverse("account_login"), {"login": "anna", "password": PASSWORD})
    made = browser.cookies["sessionid"]
    assert made.value != chosen
    assert (made["httponly"], made["samesite"]) == (True, "Lax")


@pytest.mark.parametrize("door", ["/accounts/login/", "/admin/login/"])
def test_who_guesses_passwords_is_stopped_at_every_door(anna: User, door: str) -> None:
    browser = new_client()
    for guess in (*(f"guess {n}" for n in range(12)), PASSWORD):
        form = {"login": "anna", "username": "anna", "password": guess}
        browser.post(door, form)
    assert "_auth_user_id" not in browser.session


def test_an_invitation_that_was_withdrawn_opens_no_sign_up_any_more(
    lead: Caller, group: Any
) -> None:
    body = {"group": str(group.pk), "email": "x@example.org", "role": "member"}
    made = lead.post("invitations/", body).json()
    browser = new_client()
    browser.get(made["link"].split("8000")[1])
    lead.delete(f"invitations/{made['id']}/")
    form = {"username": "nina", "email": "nina@example.org", "password1": "Vogelbeere-17-x"}
    browser.post("/accounts/signup/", form)
    assert not User.objects.filter(username="nina").exists()


def guesses(address: str, forwarded: str) -> Any:
    """A wrong password for some name, from there by way of a proxy."""
    form = {"login": f"name {make.key()}", "password": "guess"}
    headers = {"X-Forwarded-For": forwarded}
    path = reverse("account_login")
    return new_client().post(path, form, headers=headers, REMOTE_ADDR=address)


def test_behind_a_proxy_who_guesses_locks_nobody_else_out(anna: User, settings: Settings) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for _ in range(40):
        guesses("10.0.0.1", "203.0.113.7")
    form = {"login": "anna", "password": PASSWORD}
    headers = {"X-Forwarded-For": "198.51.100.1"}
    answer = new_client().post(reverse("account_login"), form, headers=headers)
    assert answer.status_code == 302


@pytest.mark.parametrize("proxies", [0, 1])
def test_nobody_guesses_on_under_addresses_of_their_own_invention(
    anna: User, settings: Settings, proxies: int
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    statuses = {
        guesses("203.0.113.7", f"192.0.2.{n}" + ", 203.0.113.7" * proxies).status_code
        for n in range(40)
    }
    assert 429 in statuses or len(statuses) > 1


def test_the_log_in_tells_a_wrong_password_and_an_unknown_name_alike(db: None) -> None:
    make.make_user("anna")
    said = set()
    for name in ("anna", "anne"):
        cache.clear()
        answer = new_client().post(
            reverse("account_login"), {"login": name, "password": "guess 1"}
        )
        said.add(answer.content.decode().split("<main")[1].replace(name, "NAME").split("csrf")[0])
    assert len(said) == 1


def test_a_program_of_another_site_cannot_read_the_api(lead: Caller) -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "DELETE"}
    answer = new_client().options("/api/v1/projects/", headers=headers)
    assert not [name for name in answer.headers if name.startswith("Access-Control")]


@each(
    ("kind", "body"),
    [
        ("text/plain", json.dumps({"name": "x"})),
        ("application/x-www-form-urlencoded", "name=x"),
        ("application/json; charset=utf-7", "+AHsAIg-name+ACI:+ACI-x+ACIAfQ-"),
        ("application/json; charset=utf-16", '{"name": "x"}'),
        ("text/json", json.dumps({"name": "x"})),
        ("", json.dumps({"name": "x"})),
        ("application/xml", "<name>x</name>"),
        ("application/x-python-pickle", "cos\nsystem\n"),
        ("application/yaml", "name: !!python/object/apply:os.system [id]"),
    ],
)
def test_a_body_of_another_kind_makes_no_token(lead: Caller, kind: str, body: Any) -> None:
    sent = {"Authorization": f"Bearer {lead.token}"}
    answer = new_client().post("/api/v1/tokens/", body, content_type=kind, headers=sent)
    assert answer.status_code in {400, 415}

"""The door in a real browser: by a provider and back, and with a second factor."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Browser, BrowserContext, Page

from dev.openid.server import Server
from projects.actions.federation import map_entitlement
from projects.models import EntitlementMapping, Group, User
from projects.roles import Role
from tests import make
from tests.browser.visits import LOOKS, UNFOLD, Look, barriers, complaints_of, too_wide
from tests.projects.arrivals import AUTHORITY, CALLBACK, NAMESPACE, configured, entitlement

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
PASSWORD = "correct horse battery"


@pytest.fixture
def provider(address: str, tmp_path: Path, settings: Any) -> Iterator[Server]:
    """It sends people back to the portal where the browser finds it."""
    settings.BASE_URL = address
    with Server(tmp_path, redirect=address + CALLBACK.format("first")) as server:
        settings.LOG_IN_PROVIDERS = [configured("first", server)]
        yield server


@pytest.fixture
def group(transactional_db: None) -> Group:
    return make.make_group(name="Large models")


@pytest.fixture(params=LOOKS, ids=str)
def browser(chromium: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Somebody who has not logged in, in each look."""
    look: Look = request.param
    context: BrowserContext = chromium.new_context(base_url=address, **look.options)
    yield context.new_page()
    context.close()


def _wrong(page: Page) -> list[str]:
    """What bars somebody from the page as it is."""
    page.evaluate(UNFOLD)
    wide = too_wide(page)
    return [*([f"{wide} pixels too wide"] if wide > 0 else []), *barriers(page)]


def test_by_a_provider_and_back_to_where_one_wanted_to_go(
    provider: Server, group: Group, browser: Page
) -> None:
    mapping = EntitlementMapping(
        provider="first", namespace=NAMESPACE, authority=AUTHORITY, path="CESAI", role="member",
        group=group,
    )  # fmt: skip
    map_entitlement(by=make.make_user(), mapping=mapping, now=make.now())
    provider.knows({"ada": {"name": "Ada Lovelace", "entitlements": [entitlement("CESAI")]}})
    refused: list[str] = []
    browser.on("console", lambda one: refused.append(one.text) if one.type == "error" else None)
    browser.goto(f"/groups/{group.pk}/")
    assert _wrong(browser) == []
    browser.locator(".entrance section .btn-primary").click()
    browser.fill("[name=login]", "ada")
    browser.fill("[name=password]", "whatever")
    browser.keyboard.press("Enter")
    browser.wait_for_url(f"**/groups/{group.pk}/")
    assert browser.get_by_role("heading", name="Large models").is_visible()
    assert [text for text in refused if "Content Security Policy" in text] == []


def _code(page: Page) -> str:
    secret = page.inner_text("#secret").strip()
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def test_a_second_factor_is_set_up_before_anything_else(
    transactional_db: None, browser: Page, settings: Any
) -> None:
    settings.SECOND_FACTOR = True
    user: User = make.make_staff(Role.QUOTA_ADMIN, "decider")
    user.set_password(PASSWORD)
    user.save()
    complaints = complaints_of(browser)
    browser.goto("/requests/")
    browser.fill("[name=login]", "decider")
    browser.fill("[name=password]", PASSWORD)
    browser.keyboard.press("Enter")
    browser.wait_for_url("**/accounts/reauthenticate/**")
    assert _wrong(browser) == []
    browser.fill("main [name=password]", PASSWORD)
    browser.keyboard.press("Enter")
    browser.wait_for_url("**/totp/activate/")
    assert _wrong(browser) == []
    browser.fill("[name=code]", _code(browser))
    browser.keyboard.press("Enter")
    browser.wait_for_url("**/recovery-codes/")
    assert browser.locator(".codes li").count() == 10
    assert _wrong(browser) == []
    browser.goto("/accounts/2fa/")
    assert _wrong(browser) == []
    browser.goto("/requests/")
    assert browser.url.endswith("/requests/")
    assert complaints == []

"""Every page in a real browser: it bars nobody, it fits, and nothing is complained of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import resolve, reverse
from playwright.sync_api import Page

from tests import routes
from tests.browser.conftest import Open
from tests.browser.visits import (
    LOOKS,
    PAIRS,
    PEOPLE,
    UNFOLD,
    Look,
    barriers,
    complaints_of,
    looks_of,
    names_of,
    path_of,
    too_wide,
)
from tests.world import World

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
# One pair of looks each time, the other one in the long run.
SHORT = (*PAIRS[0], *(pytest.param(look, marks=pytest.mark.long) for look in PAIRS[1]))
MENUS = "details.menu"
TO_FILL = """() => [...document.querySelectorAll('main form[method=post]')]
    .map((form, place) => [form, place])
    .filter(([form]) => form.querySelector(':required') && form.checkVisibility())
    .map(([form, place]) => [place, form.getAttribute('action') ?? location.pathname])"""
SEND_EMPTY = """(place) => {
    const form = document.querySelectorAll('main form[method=post]')[place]
    form.noValidate = true
    for (const field of form.querySelectorAll(':required')) field.value = ''
    form.requestSubmit(form.querySelector('.btn-primary') ?? form.querySelector('[type=submit]'))
}"""
# What colours mark says the same in words or by an icon.
WORDLESS = """() => [...document.querySelectorAll('main :is(.state, .key, .note, .differs)')]
    .filter((one) => !one.textContent.trim()
        || (one.matches('.note') && !one.querySelector('.icon'))
        || (one.matches('.differs') && !one.querySelector('.visually-hidden')))
    .map((one) => one.outerHTML.slice(0, 160))"""
UNSAID = """() => [...document.querySelectorAll('[aria-invalid=true]')]
    .filter((field) => !(field.getAttribute('aria-describedby') ?? '').split(' ')
        .some((id) => document.getElementById(id)?.matches('.wrong')))
    .map((field) => `nothing says what is wrong with ${field.outerHTML.slice(0, 160)}`)"""


def _visit(page: Page, path: str, status: int = 200) -> list[str]:
    """What is wrong with this page."""
    answer = page.goto(path)
    assert answer is not None
    page.evaluate(UNFOLD)
    wide = too_wide(page)
    return [
        *([f"status {answer.status}"] if answer.status != status else []),
        *([f"{wide} pixels too wide"] if wide > 0 else []),
        *(f"only its colour says: {one}" for one in page.evaluate(WORDLESS)),
        *barriers(page),
    ]


def _tour(open_as: Open, world: World, who: str, visits: dict[str, tuple[Look, ...]]) -> Any:
    """What is wrong with pages in looks, and what was complained of."""
    wrong: dict[Any, list[str]] = {}
    for look in LOOKS:
        page = open_as(world.people[who], **look.options).new_page()
        wrong[look] = complaints_of(page)
        for name in [name for name, looks in visits.items() if look in looks]:
            wrong[name, look] = _visit(page, path_of(world, name))
    return {where: found for where, found in wrong.items() if found}


@pytest.mark.parametrize("who", PEOPLE)
def test_nobody_is_barred_from_a_page(world: World, open_as: Open, who: str) -> None:
    visits = {name: looks_of(name, who) for name in names_of(who)}
    assert _tour(open_as, world, who, visits) == {}


@pytest.mark.long
@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_nobody_is_barred_from_a_page_in_any_look(
    world: World, open_as: Open, who: str, look: Look
) -> None:
    assert _tour(open_as, world, who, dict.fromkeys(names_of(who), (look,))) == {}


@pytest.mark.parametrize("look", SHORT, ids=str)
def test_nobody_is_barred_from_what_everybody_may_see(
    world: World, chromium_page: Page, look: Look
) -> None:
    page = chromium_page
    page.set_viewport_size({"width": look.width, "height": 800})
    page.emulate_media(color_scheme=look.scheme)  # type: ignore[arg-type]
    paths = {
        **{reverse(name): 200 for name in ("overview", "account_login", "api-docs")},
        **{reverse(name): 200 for name in ("account_reset_password", "account_signup")},
        reverse("invitation", args=[world.secret]): 200,
        "/nowhere/": 404,
    }
    wrong = {path: _visit(page, path, status) for path, status in paths.items()}
    assert {path: found for path, found in wrong.items() if found} == {}


@pytest.mark.parametrize("look", SHORT, ids=str)
def test_nobody_is_barred_from_an_open_menu(world: World, open_as: Open, look: Look) -> None:
    page = open_as(world.people["lead"], **look.options).new_page()
    page.goto("/")
    for summary in page.locator(f"{MENUS} > summary:visible").all():
        summary.click()
        assert page.locator(f"{MENUS}[open]").count() == 1
        assert barriers(page, ".top") == []


def _sent_by(who: str, name: str) -> bool:
    """Whether this is the first of the people who may send such a form."""
    may = routes.PAGES.get(name, {}).get("post", routes.Rule(may=frozenset())).may
    return next((one for one in PEOPLE if one in may), "") == who


def _forms(page: Page, known: set[str], who: str) -> Iterator[int]:
    """The places of the page's forms that this person is the first to send, each kind once."""
    page.evaluate(UNFOLD)
    for place, path in page.evaluate(TO_FILL):
        name = str(resolve(path).url_name)
        if name not in known and _sent_by(who, name):
            known.add(name)
            yield place


@pytest.mark.parametrize("who", ["lead", "quota_admin", "operator", "coordinator"])
def test_a_form_sent_empty_says_beside_each_field_what_is_wrong(
    world: World, open_as: Open, who: str
) -> None:
    page = open_as(world.people[who]).new_page()
    known: set[str] = set()
    wrong: dict[Any, list[str]] = {}
    for path in [path_of(world, name) for name in names_of(who)]:
        if " required" not in page.request.get(path).text():
            continue
        page.goto(path)
        for turn, place in enumerate(list(_forms(page, known, who))):
            if turn:
                page.goto(path)
                page.evaluate(UNFOLD)
            with page.expect_navigation():
                page.evaluate(SEND_EMPTY, place)
            wrong[path, place] = _refusal(page)
    assert known
    assert {where: found for where, found in wrong.items() if found} == {}


def _refusal(page: Page) -> list[str]:
    """What is wrong with the page that refuses a form."""
    page.evaluate(UNFOLD)
    said = page.locator("main [role=alert]").count()
    unsaid: list[str] = page.evaluate(UNSAID)
    return [
        *([] if said else ["nothing says that it was refused"]),
        *unsaid,
        *barriers(page),
    ]

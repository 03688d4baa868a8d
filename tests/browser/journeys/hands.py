"""One person's hands on the portal: they find things by their English names in any language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext, override
from playwright.sync_api import Locator, Page, expect

from tests.browser.journeys.ways import Way
from tests.browser.visits import complaints_of, too_wide

MENU_BELOW = 1250  # pixels: the main links stand in a menu
FOLDED = {"Groups", "Partners", "Map", "Roadmap", "Reports", "Capacity", "Planner", "Calls"}
MOST_TABS = 150
IS_FOCUSED = "(one) => one === document.activeElement"
IS_BEFORE = """(one) => Boolean(document.activeElement.compareDocumentPosition(one)
    & Node.DOCUMENT_POSITION_PRECEDING)"""
WAIT = 15_000

Name = str | re.Pattern[str]
Where = str | Locator


class Hands:
    """A page under a mouse or under keys; each step looks for what must not be there."""

    def __init__(self, page: Page, way: Way, address: str) -> None:
        self.page, self.way, self.address = page, way, address
        self.complaints = complaints_of(page)
        page.on("request", lambda asked: self._look_at_host(asked.url))
        page.set_default_timeout(WAIT)

    def open(self, path: str) -> None:
        """As if the address had been typed or a link in an e-mail followed."""
        self.page.goto(path)
        self._arrive()

    def go(self, name: str) -> None:
        """To a part of the portal, by the main links wherever they stand."""
        if self.way.width < MENU_BELOW:
            self._press(self.page.locator(f'summary[aria-label="{self.word("Menu")}"]'))
        elif name in FOLDED:
            self._press(self.page.locator(".nav-main summary", has_text=self.word("More")))
        links = self.page.get_by_role("navigation", name=self.says("Main"))
        with self._leaving():
            self._press(links.get_by_role("link", name=self.says(name)))

    def follow(self, name: Name, within: Where = "") -> None:
        """A link; where several bear the name, they lead to the same place."""
        with self._leaving():
            self._press(self.find("link", name, within).first)

    def press(self, name: Name, within: Where = "") -> None:
        """A button that sends a form."""
        with self._leaving():
            self._press(self.find("button", name, within))

    def touch(self, name: Name, within: Where = "") -> None:
        """A button that does something on the page."""
        self._press(self.find("button", name, within))

    def unfold(self, name: str, within: Where = "", turn: int = 0) -> Locator:
        """A part that is folded; of several with this name the one whose turn it is."""
        folds = self._part(within).locator("summary").filter(has_text=self.says(name))
        self._press(folds.nth(turn))
        return folds.nth(turn).locator("xpath=..")

    def fill(self, label: str, text: str, within: Where = "") -> None:
        """A field for text or numbers."""
        field = self._part(within).get_by_label(self.says(label))
        if self.way.by == "mouse":
            field.fill(text)
            field.blur()
            return
        self._reach(field)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.press("Delete")
        self.page.keyboard.type(text)

    def fill_day(self, label: str, day: date, within: Where = "") -> None:
        """A field for a day or a moment, whose parts stand as in the browser's own language."""
        field = self._part(within).get_by_label(self.says(label))
        value = f"{day:%Y-%m-%dT%H:%M}" if isinstance(day, datetime) else f"{day:%Y-%m-%d}"
        if self.way.by == "mouse":
            field.fill(value)
            return
        self._reach(field)
        for _part in range(6):
            self.page.keyboard.press("ArrowLeft")
        self.page.keyboard.type(f"{day:%m%d%Y}")
        if isinstance(day, datetime):
            self.page.keyboard.press("ArrowRight")
            self.page.keyboard.type(f"{day:%I%M%p}")
        expect(field).to_have_value(value)

    def choose(self, label: str, option: str, within: Where = "") -> None:
        """One of a list."""
        field = self._part(within).get_by_label(self.says(label))
        wanted = self.word(option).lower()
        options = [text.strip().lower() for text in field.locator("option").all_inner_texts()]
        [place] = [n for n, text in enumerate(options) if text.startswith(wanted)]
        if self.way.by == "mouse":
            field.select_option(index=place)
            return
        self._reach(field)
        now: int = field.evaluate("(one) => one.selectedIndex")
        for _each in range(abs(place - now)):
            self.page.keyboard.press("ArrowDown" if place > now else "ArrowUp")
        assert field.evaluate("(one) => one.selectedIndex") == place

    def tick(self, label: str, within: Where = "", group: str = "") -> None:
        """A box, or one of a group of them."""
        where = self._part(within)
        if group:
            where = where.get_by_role("group", name=self.says(group))
        box = where.get_by_label(self.says(label))
        if self.way.by == "mouse":
            box.check()
            return
        self._reach(box)
        self.page.keyboard.press("Space")
        expect(box).to_be_checked()

    def sees(self, name: Name, within: Where = "") -> None:
        """Words that stand, or soon stand, on the page."""
        words = name if isinstance(name, re.Pattern) else self.word(name)
        expect(self._part(within)).to_contain_text(words, ignore_case=True, timeout=WAIT)

    def misses(self, name: str, within: Where = "") -> None:
        """Words that do not stand on the page."""
        expect(self._part(within)).not_to_contain_text(self.word(name), timeout=WAIT)

    def find(self, role: Any, name: Name, within: Where = "") -> Locator:
        """What bears this name and can be used."""
        wanted = name if isinstance(name, re.Pattern) else self.says(name)
        return self._part(within).get_by_role(role, name=wanted)

    def reload(self) -> None:
        """Look again, which scripts do by themselves."""
        if not self.way.with_scripts:
            self.page.reload()

    def menu(self, name: str) -> None:
        """What stands in the person's own menu."""
        self._press(self.page.locator("details.menu-person > summary"))
        with self._leaving():
            self._press(self.page.locator(".menu-sheet").get_by_role("link", name=self.says(name)))

    def word(self, english: str, **values: Any) -> str:
        """In the page's language."""
        with override(self.way.language):
            said = gettext(english)
            return said % values if values else said

    def says(self, english: str) -> re.Pattern[str]:
        """The name, however its label goes on to say that it is optional."""
        return re.compile(rf"^\s*{re.escape(self.word(english))}\s*([·(].*)?$", re.I | re.S)

    def _part(self, name: Where) -> Locator:
        """The innermost part of the page under this heading or fold."""
        if isinstance(name, Locator):
            return name
        if not name:
            return self.page.locator("main")
        heads = self.page.locator("summary, h2, legend", has_text=self.says(name))
        parts = self.page.locator("main :is(section, form, details, aside, fieldset)")
        return parts.filter(has=heads).last

    def _press(self, one: Locator) -> None:
        if self.way.by == "mouse":
            one.click()
            return
        self._reach(one)
        self.page.keyboard.press("Enter")

    def _reach(self, one: Locator) -> None:
        """Go there by the tab key, the shorter way round."""
        one.wait_for()
        key = "Shift+Tab" if one.evaluate(IS_BEFORE) else "Tab"
        for _each in range(MOST_TABS):
            if one.evaluate(IS_FOCUSED):
                return
            self.page.keyboard.press(key)
        raise AssertionError(f"{MOST_TABS} tabs do not lead to {one}")

    @contextmanager
    def _leaving(self) -> Iterator[None]:
        with self.page.expect_navigation():
            yield
        self._arrive()

    def _arrive(self) -> None:
        """What holds for every page that is come to."""
        assert too_wide(self.page) <= 0, f"{self.page.url} is too wide"
        assert self.complaints == []

    def _look_at_host(self, url: str) -> None:
        if not url.startswith((f"{self.address}/", "data:")):
            self.complaints.append(f"asked another host: {url}")

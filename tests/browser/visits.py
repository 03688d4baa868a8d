"""Which pages each person opens in which looks, and what is wrong with a page that is open."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from django.urls import reverse
from playwright.sync_api import Page

from tests import routes
from tests.world import World

PEOPLE = ("lead", "quota_admin", "operator", "coordinator", "partner_admin")
OPEN = (
    *("overview", "account_change_password", "account_email", "account_logout"),
    *("terms", "mfa_index", "usersessions_list"),
)
NO_PAGES = {
    "request-line",
    "models-csv",
    "report-csv",
    "report-xlsx",
    "model-card-file",
    "model-lineage-data",
}
SEEN = {name for name, rules in routes.PAGES.items() if "get" in rules} - NO_PAGES
UNFOLD = "for (const part of document.querySelectorAll('main details')) part.open = true"
AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text()
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
BROKEN = """([where, tags]) => axe
    .run(where, {runOnly: tags, resultTypes: ['violations'], preload: false})
    .then((found) => found.violations.flatMap((rule) => rule.nodes
        .map((node) => `${rule.id}: ${node.html.slice(0, 160)}: ${node.failureSummary}`)))"""


class Look(NamedTuple):
    """A window: its width in CSS pixels, the scheme, the language."""

    width: int
    scheme: str
    language: str

    @property
    def options(self) -> dict[str, Any]:
        """As playwright's contexts take them."""
        size = {"width": self.width, "height": 800}
        return {"viewport": size, "color_scheme": self.scheme, "locale": self.language}


# Both looks of a pair together show a page wide, narrow, light and dark, in both languages.
PAIRS = (
    (Look(1280, "light", "en"), Look(360, "dark", "de")),
    (Look(360, "light", "de"), Look(1280, "dark", "en")),
)
LOOKS = tuple(look for pair in PAIRS for look in pair)


def names_of(who: str) -> list[str]:
    """The routes of what this person may open."""
    return [*sorted(name for name in SEEN if who in routes.PAGES[name]["get"].may), *OPEN]


def looks_of(name: str, who: str) -> tuple[Look, ...]:
    """In which looks this person opens the page, so that two people together open it in a pair."""
    may = [one for one in PEOPLE if name in names_of(one)]
    turn = sorted(SEEN | set(OPEN)).index(name)
    pair = PAIRS[turn % 2]
    if len(may) == 1:
        return pair
    chosen = [may[turn % len(may)], may[(turn + 1) % len(may)]]
    return (pair[chosen.index(who)],) if who in chosen else ()


def path_of(world: World, name: str) -> str:
    """The page's address in this world."""
    if name not in routes.PAGES:
        return reverse(name)
    query = routes.PAGES[name]["get"].query(world)
    path = reverse(name, args=world.page_key(name))
    return f"{path}?{query}" if query else path


def too_wide(page: Page) -> int:
    """How many pixels must be scrolled sideways."""
    found: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return found


def complaints_of(page: Page) -> list[str]:
    """Filled while the page is used: errors of scripts, of the console and of the policy."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(f"{page.url}: {error}"))
    page.on(
        "console",
        lambda said: found.append(f"{page.url}: {said.text}") if said.type == "error" else None,
    )
    return found


def barriers(page: Page, where: str = "html") -> list[str]:
    """What axe-core finds in this part of the page."""
    page.evaluate(AXE)
    found: list[str] = page.evaluate(BROKEN, [where, RULES])
    return found

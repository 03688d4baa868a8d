"""Pictures of the pages of a running demonstration, for the documentation: docs/screenshots/."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "var" / "demo.json"
TARGET = ROOT / "docs" / "screenshots"
CHROMIUM = "/usr/bin/chromium"
QUIET = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--no-first-run"]


class Shot(NamedTuple):
    """One page as one of the demonstration's people sees it."""

    name: str
    path: str
    user: str = ""
    link: str = ""  # follow the first link whose address begins so
    tail: str = ""  # and from there this path


class Look(NamedTuple):
    """A width in CSS pixels with a theme and a language."""

    width: int
    theme: Literal["light", "dark"]
    language: str


SHOTS = (
    Shot("welcome", "/"),
    Shot("log-in", "/accounts/login/"),
    Shot("api", "/api/v1/docs/"),
    Shot("overview-institute", "/", "lead"),
    Shot("overview-staff", "/", "quota_admin"),
    Shot("overview-operator", "/", "operator"),
    Shot("project", "/projects/demo/", "lead"),
    Shot("plan", "/models/plan/", "lead"),
    Shot("models", "/models/", "lead"),
    Shot("model", "/models/?partner=nordlicht", "lead", "/models/"),
    Shot("model-public", "/models/?name=Teuken-7B-base-v0.6", "lead", "/models/"),
    Shot("lineage", "/models/?name=EuroLLM-9B", "lead", "/models/", "lineage/"),
    Shot("request-form", "/requests/new/", "lead"),
    Shot("request", "/requests/?state=submitted", "quota_admin", "/requests/"),
    Shot("requests", "/requests/", "lead"),
    Shot("allocation", "/allocations/", "lead", "/allocations/"),
    Shot("job-form", "/jobs/new/", "lead"),
    Shot("job", "/jobs/?state=completed", "lead", "/jobs/"),
    Shot("jobs", "/jobs/", "lead"),
    Shot("clusters", "/clusters/", "lead"),
    Shot("cluster", "/clusters/north/", "operator"),
    Shot("group", "/groups/", "lead", "/groups/"),
    Shot("overview-coordinator", "/", "coordinator"),
    Shot("similar-effort", "/similar/", "coordinator", "/similar/"),
    Shot("capacity", "/capacity/", "lead"),
    Shot("map", "/map/", "lead"),
    Shot("who-can", "/groups/?q=German+translation", "lead"),
    Shot("roadmap", "/initiatives/", "coordinator"),
    Shot("report", "/reports/", "coordinator"),
    Shot("committee", "/committee/", "quota_admin"),
    Shot("import", "/imports/", "coordinator"),
    Shot("settings", "/settings/", "lead"),
)
LOOKS = (Look(1280, "light", "en"), Look(360, "dark", "de"))
# The ten main pages, at both widths in both themes
MAIN = {
    "overview-coordinator", "overview-institute", "request", "similar-effort", "model", "lineage",
    "cluster", "job", "capacity", "report",
}  # fmt: skip
MAIN_LOOKS = (Look(1280, "dark", "en"), Look(360, "light", "en"))


def demonstration() -> dict[str, Any]:
    """Address, log-ins and tokens of the one that runs; ends the program if none does."""
    if not DEMO.exists():
        sys.exit("No demonstration is running: start it with `make demo`.")
    demo: dict[str, Any] = json.loads(DEMO.read_text())
    return demo


def main() -> None:
    """Take all pictures, or those whose names are given as arguments."""
    demo = demonstration()
    wanted = [shot for shot in SHOTS if not sys.argv[1:] or shot.name in sys.argv[1:]]
    TARGET.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        main_pages = [shot for shot in wanted if shot.name in MAIN]
        for look in (*LOOKS, *MAIN_LOOKS):
            shots = wanted if look in LOOKS else main_pages
            for name, path in _take(browser, demo, look, shots):
                sys.stdout.write(f"{name}: {path.stat().st_size // 1024} KiB\n")
        browser.close()


def _take(
    browser: Browser, demo: dict[str, object], look: Look, shots: list[Shot]
) -> Iterator[tuple[str, Path]]:
    for user in dict.fromkeys(shot.user for shot in shots):
        context = browser.new_context(
            viewport={"width": look.width, "height": 900},
            color_scheme=look.theme,
            locale=look.language,
            base_url=str(demo["url"]),
        )
        page = context.new_page()
        if user:
            _log_in(page, user, demo)
        for shot in shots:
            if shot.user == user and _open(page, shot):
                path = TARGET / f"{shot.name}-{look.width}-{look.theme}-{look.language}.png"
                page.screenshot(path=path, animations="disabled")
                yield shot.name, path
        context.close()


def _log_in(page: Page, user: str, demo: dict[str, object]) -> None:
    users = demo["users"]
    assert isinstance(users, dict)
    page.goto("/accounts/login/")
    page.fill("[name=login]", user)
    page.fill("[name=password]", users[user]["password"])
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/")


def _open(page: Page, shot: Shot) -> bool:
    """Whether the page is there: a demonstration that nobody used yet has no jobs to show."""
    page.goto(shot.path)
    if shot.link:
        rows = page.locator(f"main .card a[href^='{shot.link}']")
        if not rows.count():
            return False
        page.goto((rows.first.get_attribute("href") or shot.path) + shot.tail)
    page.wait_for_load_state("networkidle")
    return True


if __name__ == "__main__":
    main()

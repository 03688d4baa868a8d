"""The first visit, by the clock: from log-in to a finished job through the demonstration's pages.

What the portal takes is measured. What a person's hands and head take is counted by the
keystroke-level model (Card, Moran and Newell 1980, doi:10.1145/358886.358895): 0.28 s for a key,
1.1 s to point at something and 0.2 s to click it, 0.4 s from mouse to keys, and 1.35 s to think
before each step. Pasted text counts as two keys.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect, sync_playwright

from dev.screenshots import CHROMIUM, QUIET, demonstration

KEY, POINT, CLICK, TO_KEYS, THINK = 0.28, 1.1, 0.2, 0.4, 1.35
GOAL = 300  # seconds
WORK = "section:has(h2:text('Work list'))"
WAIT = 15_000
SCRIPT = """#!/bin/bash
#SBATCH --job-name=first-run
#SBATCH --gpus=1 --time=10
sleep 5
echo done
"""


@dataclass
class Visitor:
    """Hands on one page, and how long each part of the visit took."""

    page: Page
    by_hand: float = 0.0
    parts: list[tuple[str, float, float]] = field(default_factory=list)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """One line of the account: what was done, the portal's seconds and the person's."""
        began, before = time.monotonic(), self.by_hand
        yield
        waited, worked = time.monotonic() - began, self.by_hand - before
        self.parts.append((name, waited, worked))
        sys.stdout.write(f"{waited:6.1f} s waited {worked:6.1f} s by hand  {name}\n")
        sys.stdout.flush()

    def press(self, name: str | re.Pattern[str], within: str = "main") -> None:
        """A button or a link by its words."""
        self.by_hand += THINK + POINT + CLICK
        is_exact = isinstance(name, str)
        one = self.page.locator(within).get_by_role("button", name=name, exact=is_exact)
        other = self.page.locator(within).get_by_role("link", name=name, exact=is_exact)
        one.or_(other).first.click()

    def fill(
        self, label: str, text: str, *, is_pasted: bool = False, within: str = "main"
    ) -> None:
        """A field, by keys or from the clipboard."""
        keys = 2 if is_pasted else len(text)
        self.by_hand += THINK + POINT + CLICK + TO_KEYS + keys * KEY
        self.page.locator(within).get_by_label(label).first.fill(text)

    def choose(self, label: str, option: str, within: str = "main") -> None:
        """One of a list: open it, point, click."""
        self.by_hand += THINK + 2 * (POINT + CLICK)
        field_ = self.page.locator(within).get_by_label(label).first
        words = [text.strip() for text in field_.locator("option").all_inner_texts()]
        [place] = [n for n, text in enumerate(words) if text.startswith(option)]
        field_.select_option(index=place)

    def tick(self, label: str, within: str = "main") -> None:
        """A box."""
        self.by_hand += THINK + POINT + CLICK
        self.page.locator(within).get_by_label(label).first.check()

    def become(self, user: str) -> None:
        """Another of the demonstration's people, by the bar above the page."""
        self.by_hand += 2 * (THINK + POINT + CLICK)
        bar = self.page.locator("aside.demo")
        if bar.locator("details:not([open])").count():
            bar.locator("summary").click()
        bar.locator(f"button[value={user}]").click()
        self.page.wait_for_url("**/")

    def sees(self, words: str | re.Pattern[str], within: str = "main") -> None:
        """What soon stands on the page by itself."""
        expect(self.page.locator(within)).to_contain_text(words, ignore_case=True, timeout=WAIT)


def visit(page: Page, name: str) -> Visitor:
    """Walk it all; `name` is the model that is planned."""
    person = Visitor(page)
    page.set_default_timeout(WAIT)
    with person.part("log in as the lead of a group"):
        page.goto("/")
        person.become("lead")
    with person.part("plan a model and see similar efforts while typing"):
        _plan(person, name)
    with person.part("ask for 100 GPU-hours"):
        _ask(person)
    with person.part("the coordinator decides the case about the similar effort"):
        person.become("coordinator")
        _decide(person, name)
    with person.part("the quota admin awards 60 of 100"):
        person.become("quota_admin")
        person.press(re.compile("Demonstration project"), WORK)
        _award(person)
    with person.part("paste a script and submit it"):
        person.become("lead")
        person.press("Submit a job")
        person.fill("sbatch script", SCRIPT, is_pasted=True)
        person.choose("trains the model", name)
        person.press("Submit")
    with person.part("the job finishes"):
        person.sees("completed")
    with person.part("the model shows what was measured"):
        person.press(name)
        person.sees("measured", "section[aria-labelledby=figures]")
    return person


def _plan(person: Visitor, name: str) -> None:
    person.press("Plan a model")
    person.fill("Name", name)
    person.choose("Project", "Demonstration project")
    person.tick("text", "fieldset:has(legend:text('It produces'))")
    person.press("the 24 of the EU")
    person.fill("Tasks", "general")
    person.choose("How it is trained", "from scratch")
    person.press("9B")
    person.press("4T")
    person.sees("Europa-9B")
    person.press("Register the plan")
    person.sees(name, "h1")


def _ask(person: Visitor) -> None:
    person.press("Ask for GPU-hours for it")
    today = datetime.now(UTC).date()
    line = "fieldset.line-row >> nth=0"
    person.fill("justification", "A pilot of the data mix before the long run.")
    person.choose("pool", "North GPUs", line)
    person.fill("GPU-hours", "100", within=line)
    person.fill("from", f"{today:%Y-%m-%d}", within=line)
    person.fill("until before", f"{today + timedelta(60):%Y-%m-%d}", within=line)
    person.tick("method")
    person.fill("in a sentence", "Only small languages are sampled anew.")
    person.press("Keep as draft and look at it")
    person.press("Hand in")
    person.sees("waiting on the reviewers")


def _decide(person: Visitor, name: str) -> None:
    person.press(re.compile(name), WORK)
    outcome = "section:has(h2:text('Outcome'))"
    person.choose("we recommend to", "proceed", outcome)
    person.fill("reason", "A pilot that tells both groups something.", within=outcome)
    person.press("Recommend", outcome)
    person.sees("A pilot that tells both groups something.")


def _award(person: Visitor) -> None:
    award = "section:has(h2:text('Award'))"
    person.fill("North GPUs", "60", within=award)
    person.fill("reason", "Enough for the pilot.", within=award)
    person.press("Award", award)
    person.sees("60 of 100 GPU-h awarded")


def main() -> None:
    """Walk through the running demonstration; exit 1 if it takes more than five minutes."""
    demo = demonstration()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        context = browser.new_context(
            viewport={"width": 1280, "height": 900}, locale="en", base_url=demo["url"]
        )
        person = visit(context.new_page(), f"Pilot-9B-{datetime.now(UTC):%H%M%S}")
        browser.close()
    waited = sum(seconds for _name, seconds, _by_hand in person.parts)
    worked = person.by_hand
    total = waited + worked
    sys.stdout.write(f"{waited:.0f} s waited + {worked:.0f} s by hand = {total:.0f} of {GOAL} s\n")
    sys.exit(total > GOAL)


if __name__ == "__main__":
    main()

"""The main job as a person does it, in a browser on a running demonstration.

Runs by itself too, keeping pictures: `python -m tests.demo.by_hand var/demo.json DIRECTORY`.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Page, expect, sync_playwright

SCRIPT = "#!/bin/bash\n#SBATCH --gpus=1\n#SBATCH --time=5\nhostname; sleep 3\n"
QUIET = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--no-first-run"]
SLOW = 60_000  # ms: the cluster's own pace


class Person:
    """Whoever sits in front of the browser."""

    def __init__(self, page: Page, pictures: Path | None = None) -> None:
        self.page, self.pictures = page, pictures
        self.trouble: list[str] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        self._steps = 0

    def walk(self, cluster: str) -> str:
        """All of it on the pool of this cluster; returns the address of the job's page."""
        self.become("lead")
        self.plan_model(f"Browser {uuid.uuid4().hex[:6]}")
        request = self.ask(cluster)
        self.become("quota_admin")
        self.award(request)
        self.become("lead")
        self.page.goto(request)
        self.page.get_by_role("link", name=re.compile("open")).first.click()
        self.await_limit()
        return self.run_job()

    def become(self, name: str) -> None:
        """Continue as one of the demonstration's people."""
        self.page.goto("/")
        person = self.page.locator(f"button[name=user][value={name}]").first
        if not person.is_visible():
            self.page.locator("summary", has_text="Demonstration").first.click()
        person.click()
        self._keep(f"overview-{name}")

    def plan_model(self, name: str) -> None:
        """The seven facts, some of them open."""
        self.page.goto("/models/plan/")
        self.page.locator("[name=name]").fill(name)
        self.page.locator("[name=modality_in][value=text]").check()
        self.page.locator("[name=modality_out][value=text]").check()
        self.page.locator("[name=languages]").fill("de, en")
        self._keep("plan")
        self.page.locator("main button[type=submit]").last.click()
        expect(self.page.locator("h1")).to_contain_text(name)
        self._keep("model")

    def ask(self, cluster: str) -> str:
        """100 GPU-hours for the model on the page; the address of the request."""
        self.page.locator("main a[href*='/requests/new/']").first.click()
        self.page.locator("[name=purpose]").select_option("training")
        self.page.locator("[name=why_not_reasons][value=method]").check()
        self.page.locator("[name=why_not_text]").fill("No other effort covers this domain.")
        pool = self.page.locator("[name=lines-0-pool]")
        label = pool.locator("option", has_text=re.compile(cluster, re.IGNORECASE)).first
        pool.select_option(label.get_attribute("value"))
        self.page.locator("[name=lines-0-gpu_hours]").fill("100")
        today = datetime.now(UTC).date()
        self.page.locator("[name=lines-0-start]").fill(today.isoformat())
        self.page.locator("[name=lines-0-end]").fill((today + timedelta(60)).isoformat())
        self._keep("request-new")
        self.page.locator("main button[type=submit]").last.click()
        self.page.wait_for_url(re.compile(r"/requests/[0-9a-f-]{36}/"))
        self.page.locator("form[action$='/submit/'] button").click()
        expect(self.page.locator("main")).to_contain_text("submitted")
        self._keep("request-submitted")
        return self.page.url

    def award(self, request: str) -> None:
        """Sixty of the hundred."""
        self.page.goto(request)
        self._keep("request-to-decide")
        form = self.page.locator("form[action$='/award/']")
        form.locator("input[name^='line-']").fill("60")
        form.locator("[name=reason]").fill("Enough for the pilot.")
        form.locator("button[type=submit]").click()
        expect(self.page.locator("h1")).to_contain_text("60")
        self._keep("request-awarded")

    def await_limit(self) -> None:
        """Reload the allocation's page until the cluster has confirmed the limit."""
        self._keep("allocation-waiting")
        in_force = self.page.get_by_text("in force", exact=True)
        for _try in range(60):
            if in_force.count():
                break
            self.page.wait_for_timeout(1000)
            self.page.reload()
        expect(in_force.first).to_be_visible()
        self._keep("allocation-in-force")

    def run_job(self) -> str:
        """Paste a script, submit, and watch the page until it says completed; no reload."""
        self.page.locator("main a[href$='/job/']").first.click()
        self.page.locator("[name=sbatch]").fill(SCRIPT)
        self._keep("job-form")
        self.page.locator("main form:has([name=sbatch]) button[type=submit]").first.click()
        self.page.wait_for_url(re.compile(r"/jobs/[0-9a-f-]{36}/"))
        self._keep("job-accepted")
        expect(self.page.locator("main")).to_contain_text("Completed", timeout=SLOW)
        expect(self.page.locator("main")).to_contain_text("returned", timeout=SLOW)
        self._keep("job-finished")
        return self.page.url

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.trouble.append(message.text)

    def _keep(self, name: str) -> None:
        if self.pictures:
            self._steps += 1
            self.pictures.mkdir(parents=True, exist_ok=True)
            path = self.pictures / f"{self._steps:02d}-{name}.png"
            self.page.screenshot(path=path, full_page=True)


def main() -> None:
    """Walk it once on the first cluster and keep the pictures."""
    demo = json.loads(Path(sys.argv[1]).read_text())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        page = browser.new_page(base_url=demo["url"], locale="en-GB")
        person = Person(page, Path(sys.argv[2]))
        print(person.walk(demo["clusters"][0]["slug"]), person.trouble)
        browser.close()


if __name__ == "__main__":
    main()

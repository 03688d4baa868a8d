"""What pages do in a real browser: they show news, grow, lead past the menu, keep a theme."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from tests import make
from tests.browser.conftest import Open
from tests.browser.visits import complaints_of, too_wide
from tests.world import World

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/api/v1/docs/", "/nowhere/"])
@pytest.mark.parametrize("width", [360, 2560])
def test_pages_for_everybody_fit_any_window(chromium_page: Page, path: str, width: int) -> None:
    chromium_page.set_viewport_size({"width": width, "height": 900})
    chromium_page.goto(path)
    assert too_wide(chromium_page) <= 0


def test_the_administration_works_under_the_same_policy(world: World, open_as: Open) -> None:
    admin = world.people["portal_admin"]
    admin.is_staff = admin.is_superuser = True
    admin.save()
    page = open_as(admin).new_page()
    complaints = complaints_of(page)
    for path in (
        "/admin/",
        "/admin/compute/request/",
        f"/admin/compute/job/{world.job.pk}/change/",
    ):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
    assert complaints == []


def test_a_job_page_shows_news_without_reloading_and_then_stops_asking(
    world: World, open_as: Open
) -> None:
    page = open_as(world.people["lead"]).new_page()
    page.goto(reverse("job", args=[world.job.pk]))
    assert page.locator("#moving .big").inner_text() == "Accepted"
    world.job.move_to("refused", now=make.now(), reason="no such partition", settled_at=make.now())
    page.locator("#moving .big", has_text="Refused by the cluster").wait_for(timeout=8000)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(3000)
    assert asked == []


def test_a_request_can_have_more_lines_than_two(world: World, open_as: Open) -> None:
    page = open_as(world.people["lead"]).new_page()
    complaints = complaints_of(page)
    page.goto("/requests/new/")
    for count in (3, 4):
        page.get_by_role("button", name="Another line").click()
        page.locator("fieldset.line-row").nth(count - 1).wait_for()
    assert page.locator("#id_lines-TOTAL_FORMS").input_value() == "4"
    assert page.locator("#id_lines-3-pool").count() == 1
    assert complaints == []


def test_a_script_is_submitted_and_refused_without_any_javascript(
    world: World, open_as: Open
) -> None:
    page = open_as(world.people["member"], java_script_enabled=False).new_page()
    page.goto(reverse("job-submit", args=[world.allocation.pk]))
    page.fill("[name=sbatch]", "#!/bin/sh\n#SBATCH --gpus=1 --time=5\n#SBATCH --array=3-1\ntrue\n")
    page.get_by_role("button", name="Submit").click()
    assert "line 3" in page.locator("main").inner_text()
    page.fill("[name=sbatch]", "#!/bin/sh\n#SBATCH --gpus=1 --time=5\ntrue\n")
    page.get_by_role("button", name="Submit").click()
    assert page.locator("#moving .big").inner_text() == "Accepted"


def test_the_first_key_leads_past_the_menu_to_the_content(world: World, open_as: Open) -> None:
    page = open_as(world.people["lead"]).new_page()
    page.goto("/jobs/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_theme_stays_as_it_was_chosen(world: World, open_as: Open) -> None:
    page = open_as(world.people["lead"], color_scheme="light").new_page()
    page.goto("/")
    page.get_by_role("button", name="Change between light and dark").click()
    page.goto("/jobs/")
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"

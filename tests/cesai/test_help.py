"""Help on the page where one asks for it."""

from __future__ import annotations

import pytest
from django.urls import reverse

from cesai.help import PAGES
from tests.conftest import Caller

WITHOUT_KEY = [name for name in PAGES if name not in
               {"project", "model", "request", "allocation", "job", "job-submit"}]  # fmt: skip


@pytest.mark.parametrize("route", WITHOUT_KEY)
def test_a_page_says_what_it_is_for_and_what_follows(lead: Caller, route: str) -> None:
    page = lead.as_browser.get(reverse(route)).content.decode()
    assert "What is this page for?" in page
    following = PAGES[route].following
    if following:
        assert 'help-sheet"><p class="m-0">' in page
        assert f'href="{reverse(following)}"' in page


def test_a_page_without_help_offers_none(lead: Caller) -> None:
    page = lead.as_browser.get(reverse("watches")).content.decode()
    assert "What is this page for?" not in page


def test_who_has_not_logged_in_is_offered_none(client: object) -> None:
    page = client.get("/").content.decode()  # type: ignore[attr-defined]
    assert "What is this page for?" not in page

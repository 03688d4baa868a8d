"""A person sets how they are told of things, makes and ends a token, and changes the language."""

from __future__ import annotations

import re

import pytest

from projects.models import AccessToken
from tests.browser.journeys.stage import Stage
from tests.browser.journeys.ways import walked

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
OTHER = {"en": ("Deutsch", "Einstellungen"), "de": ("English", "Settings")}  # never translated


@walked(5)
def test_a_person_makes_the_portal_their_own(stage: Stage) -> None:
    lead = stage.hands("lead")
    lead.open("/")
    lead.menu("Settings and tokens")
    lead.press("Tell me like this", within="What I am told of")
    lead.fill("name", "pipeline", within="New token")
    lead.press("Make a token", within="New token")
    lead.sees("Your new token. It is shown this once; put it where your script reads it.")
    assert AccessToken.objects.get().name == "pipeline"
    lead.press(lead.word("Revoke %(name)s", name="pipeline"))
    lead.sees("No token yet")
    button, heading = OTHER[stage.way.language]
    lead.press(re.compile(f"^{button}$"), within="Language")
    lead.sees(re.compile(heading))
    assert lead.page.locator("html").get_attribute("lang") != stage.way.language

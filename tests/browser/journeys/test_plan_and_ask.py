"""A group plans a model, sees who does the same, and asks for GPU-hours all the same."""

from __future__ import annotations

from datetime import timedelta

import pytest

from compute.models import Request
from tests import make
from tests.browser.journeys.stage import Stage
from tests.browser.journeys.ways import walked

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@walked(0)
def test_a_plan_is_compared_while_it_is_typed_and_becomes_a_request(stage: Stage) -> None:
    stage.effort_of_others()
    lead = stage.hands("lead")
    lead.open("/")
    lead.follow("Plan a model")
    _tell_the_facts(stage)
    lead.sees("Hanse-7B", within="Similar efforts")
    lead.press("Register the plan")
    lead.sees("Kogge-9B")
    lead.follow("Ask for GPU-hours for it")
    _ask(stage)
    lead.press("Keep as draft and look at it")
    lead.sees("Hanse-7B", within="Similar efforts")
    lead.press("Hand in")
    lead.sees("waiting on the reviewers")
    request = Request.objects.get()
    assert (request.state, request.why_not_reasons) == ("submitted", ["method"])


def _tell_the_facts(stage: Stage) -> None:
    lead = stage.hands("lead")
    lead.fill("name", "Kogge-9B")
    lead.choose("project", "Kogge")
    lead.tick("text", group="It produces")
    lead.fill("Languages", "de, en")
    lead.fill("Tasks", "translation")
    lead.choose("How it is trained", "from scratch")
    lead.fill("Parameters", "9B")
    lead.fill("Training tokens", "4T")
    if not stage.way.with_scripts:
        lead.press("Show similar efforts")


def _ask(stage: Stage) -> None:
    lead, today = stage.hands("lead"), make.today()
    lead.choose("purpose", "training")
    lead.fill("justification", "Six times parameters times tokens.")
    line = lead.page.locator("fieldset.line-row").first
    assert line.is_visible()
    lead.choose("pool", "North GPUs", within="Line")
    lead.fill("GPU-hours", "100", within="Line")
    lead.fill_day("from", today, within="Line")
    lead.fill_day("until before", today + timedelta(60), within="Line")
    lead.tick("method", group="why not reuse or join?")
    lead.fill("in a sentence", "No effort covers this domain.")

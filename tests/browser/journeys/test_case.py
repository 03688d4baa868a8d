"""A coordinator brings two groups with a similar effort together, and both agree."""

from __future__ import annotations

import re

import pytest

from registry.actions.comparing import compare_model
from registry.models import Case
from tests import make
from tests.browser.journeys.hands import Hands
from tests.browser.journeys.stage import Stage
from tests.browser.journeys.ways import walked

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
PAIR = re.compile("Hanse-7B.*Kogge-9B|Kogge-9B.*Hanse-7B")


@walked(1)
def test_two_groups_agree_to_what_a_coordinator_recommends(stage: Stage) -> None:
    stage.effort_of_others()
    compare_model(model=stage.effort_of_ours(), now=make.now())
    coordinator = stage.hands("coordinator")
    _open_a_case(coordinator)
    for turn in range(2):
        part = coordinator.unfold("Write to this group", within="Groups", turn=turn)
        coordinator.fill("in a few sentences", "Shall we talk?", within=part)
        coordinator.press("Write", within=part)
        coordinator.sees("Shall we talk?", within="Talk")
    _recommend(coordinator)
    code = Case.objects.get().code
    for who in ("lead", "stranger"):
        _agree(stage.hands(who), code)
    coordinator.open(coordinator.page.url)
    coordinator.sees("confirms the GPU-hours", within="Groups")
    assert {party.answer for party in Case.objects.get().parties.all()} == {"agrees"}


def _open_a_case(coordinator: Hands) -> None:
    coordinator.open("/")
    coordinator.follow(PAIR, within="The most costly similar efforts")
    coordinator.sees("No case is open about this pair.")
    coordinator.press("Open a case")
    coordinator.sees("Nothing was said yet")


def _recommend(coordinator: Hands) -> None:
    coordinator.choose("we recommend to", "coordinate them", within="Outcome")
    coordinator.fill("reason", "Both want the same data.", within="Outcome")
    coordinator.fill("GPU-hours avoided, at least", "1000", within="Outcome")
    coordinator.fill("at most", "2000", within="Outcome")
    coordinator.press("Recommend", within="Outcome")
    coordinator.sees("Both want the same data.")


def _agree(lead: Hands, code: str) -> None:
    lead.open("/")
    lead.go("Similar efforts")
    lead.follow("Cases")
    lead.follow(code)
    lead.sees("Shall we talk?", within="Talk")
    lead.tick("yes", group="Does your group agree?")
    lead.tick("We confirm the GPU-hours avoided")
    lead.press("Answer the recommendation")
    lead.sees("confirms the GPU-hours", within="Groups")

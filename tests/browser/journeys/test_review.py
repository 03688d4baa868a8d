"""A quota admin awards part of one request, sends another back and denies a third."""

from __future__ import annotations

import pytest

from compute.models import Request
from tests import make
from tests.browser.journeys.hands import Hands
from tests.browser.journeys.stage import Stage
from tests.browser.journeys.ways import walked

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@walked(2)
def test_a_quota_admin_decides_and_sees_the_limit_in_force(stage: Stage) -> None:
    ewer = make.make_project(stage.group, slug="ewer", title="Ewer")
    prahm = make.make_project(stage.group, slug="prahm", title="Prahm")
    for project in (stage.project, ewer, prahm):
        make.make_request(project, stage.pool)
    admin = stage.hands("quota_admin")
    admin.open("/")
    _award(admin, "Kogge")
    _send_back(admin, "Ewer")
    _deny(admin, "Prahm")
    states = dict(Request.objects.values_list("project__slug", "state"))
    assert states == {"kogge": "awarded", "ewer": "changes_requested", "prahm": "denied"}
    admin.open("/")
    admin.go("Allocations")
    admin.follow("Kogge")
    admin.sees("waiting", within="Limit on the cluster")
    stage.site.sync()
    admin.open(admin.page.url)
    admin.sees("in force", within="Limit on the cluster")


def _award(admin: Hands, title: str) -> None:
    admin.follow(title, within="Work list")
    admin.press("Take it on")
    admin.fill("North GPUs", "60", within="Award")
    admin.fill("reason", "Enough for the pilot.", within="Award")
    admin.press("Award", within="Award")
    admin.sees(admin.word("%(awarded)s of %(asked)s GPU-h awarded", awarded="60", asked="100"))


def _send_back(admin: Hands, title: str) -> None:
    admin.open("/")
    admin.follow(title, within="Work list")
    part = admin.unfold("Send back for changes")
    admin.fill("in a sentence", "On which data?", within=part)
    admin.press("Send back", within=part)
    admin.sees("On which data?", within="History")


def _deny(admin: Hands, title: str) -> None:
    admin.open("/")
    admin.follow(title, within="Work list")
    part = admin.unfold("Deny")
    admin.fill("in a sentence", "No room this year.", within=part)
    admin.press("Deny", within=part)
    admin.sees("No room this year.", within="History")

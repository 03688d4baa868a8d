"""An operator confirms a limit, reports usage that nobody reads, and announces a maintenance."""

from __future__ import annotations

from datetime import datetime

import pytest

from compute.models import Allocation, Balance, ClusterOperator, Limit, Maintenance
from compute.sync.unconnected import tend
from tests import make
from tests.browser.journeys.stage import Stage
from tests.browser.journeys.ways import walked

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def _allocation_elsewhere(stage: Stage) -> Allocation:
    """On a cluster of the same operator that nobody asks."""
    cluster = make.make_cluster(slug="south", name="South", connection="none")
    ClusterOperator.objects.create(cluster=cluster, user=stage.people["operator"])
    pool = make.make_pool(cluster, slug="south-gpu", name="South GPUs")
    allocation = make.make_allocation(stage.project, pool, in_force=False)
    tend(now=make.now())
    return allocation


@walked(2)
def test_an_operator_confirms_a_limit_and_reports_usage(stage: Stage) -> None:
    allocation = _allocation_elsewhere(stage)
    operator = stage.hands("operator")
    operator.open("/")
    operator.follow("Kogge", within="What waits for the site")
    operator.press("The site holds it")
    operator.sees("confirmed by its operator", within="Limit on the cluster")
    operator.go("Clusters")
    operator.follow("South")
    operator.follow("Report usage")
    operator.fill("table", make.usage_table(allocation))
    operator.press("Look at what it changes")
    operator.sees("Row by row")
    assert Balance.objects.get(allocation=allocation).used == 0
    operator.press("Book this")
    assert Balance.objects.get(allocation=allocation).used == 2 * make.HOUR
    operator.press("Take back", within="Reported so far")
    operator.sees("taken back", within="Reported so far")
    assert Balance.objects.get(allocation=allocation).used == 0
    assert Limit.objects.get(allocation=allocation).state == "set_not_proven"


@walked(3)
def test_an_operator_announces_a_maintenance(stage: Stage) -> None:
    operator = stage.hands("operator")
    operator.open("/")
    operator.go("Clusters")
    operator.follow("North")
    part = operator.unfold("Announce one")
    operator.fill_day("from", datetime(2090, 1, 1, 8, 30), within=part)  # noqa: DTZ001
    operator.fill_day("until", datetime(2090, 1, 2, 17, 0), within=part)  # noqa: DTZ001
    operator.fill("what for", "New pumps", within=part)
    operator.press("Announce", within=part)
    operator.sees("New pumps", within="Maintenance")
    lasts = Maintenance.objects.get()
    assert (lasts.end_at - lasts.start_at).total_seconds() == 32.5 * make.HOUR
    operator.press("It does not take place", within="Maintenance")
    operator.sees("None is announced.", within="Maintenance")
